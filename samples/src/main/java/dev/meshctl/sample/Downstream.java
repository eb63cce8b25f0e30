package dev.meshctl.sample;

import com.sun.net.httpserver.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The calls that a sample service makes, through {@code http_proxy} where it is set. */
final class Downstream implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final @Nullable URI proxy;
    private final ConnectionPool pool = new ConnectionPool(TIMEOUT);

    Downstream(@Nullable URI proxy) {
        this.proxy = proxy;
    }

    /** Calls once and returns what came of it; passes the trace context of the request on. */
    Result call(URI url, Headers incoming) {
        String traceparent = incoming.getFirst("traceparent");
        try {
            HttpAnswer answer = pool.get(address(url), url, proxy != null, traceparent);
            return new Result(url, answer.status(), answer.body(), answer.header("x-meshctl-served-by"), "");
        } catch (IOException e) {
            return new Result(url, 0, "", "", HttpAnswer.causeOf(e));
        }
    }

    private InetSocketAddress address(URI url) {
        URI to = proxy != null ? proxy : url;
        return new InetSocketAddress(to.getHost(), to.getPort() < 0 ? 80 : to.getPort());
    }

    @Override
    public void close() {
        pool.close();
    }

    /**
     * What one call gave.
     *
     * @param status 0: no answer, then error says why
     */
    record Result(URI url, int status, String body, String servedBy, String error) {
        boolean good() {
            return status >= 200 && status < 400;
        }

        String toJson() {
            Json json = new Json().field("url", url.toString()).field("status", status);
            if (!servedBy.isEmpty()) {
                json.field("served_by", servedBy);
            }
            if (!error.isEmpty()) {
                json.field("error", error);
            }
            String answer = body.strip();
            if (answer.startsWith("{") && answer.endsWith("}")) {
                json.raw("answer", answer);
            } else if (!answer.isEmpty()) {
                json.field("answer", answer);
            }
            return json.toString();
        }
    }
}
