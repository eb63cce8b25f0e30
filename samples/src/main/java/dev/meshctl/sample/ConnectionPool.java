package dev.meshctl.sample;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingDeque;
import org.jspecify.annotations.Nullable;

/** Keeps idle connections for the next request; at most 256 for each address. */
final class ConnectionPool implements AutoCloseable {
    private static final int MAX_IDLE = 256;

    private final Duration timeout;
    private final Map<InetSocketAddress, LinkedBlockingDeque<HttpConnection>> idle = new ConcurrentHashMap<>();
    private volatile boolean closed;

    ConnectionPool(Duration timeout) {
        this.timeout = timeout;
    }

    /**
     * One GET. When a kept connection turns out to be closed before any byte of an answer, the request goes
     * once more over a new one, as RFC 9112 section 9.3.1 allows for idempotent methods.
     */
    HttpAnswer get(InetSocketAddress address, URI url, boolean absoluteForm, @Nullable String traceparent)
            throws IOException {
        LinkedBlockingDeque<HttpConnection> kept =
                idle.computeIfAbsent(address, any -> new LinkedBlockingDeque<>(MAX_IDLE));
        HttpConnection connection = kept.pollFirst();
        if (connection != null) {
            try {
                return exchange(connection, kept, url, absoluteForm, traceparent);
            } catch (java.net.SocketTimeoutException e) {
                throw e;
            } catch (IOException e) {
                if (connection.answering()) {
                    throw e;
                }
            }
        }
        return exchange(new HttpConnection(address, timeout), kept, url, absoluteForm, traceparent);
    }

    private HttpAnswer exchange(
            HttpConnection connection,
            LinkedBlockingDeque<HttpConnection> kept,
            URI url,
            boolean absoluteForm,
            @Nullable String traceparent)
            throws IOException {
        try {
            return connection.get(url, absoluteForm, traceparent);
        } finally {
            if (closed || !connection.reusable() || !kept.offerFirst(connection)) {
                connection.close();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (LinkedBlockingDeque<HttpConnection> kept : idle.values()) {
            for (HttpConnection each = kept.pollFirst(); each != null; each = kept.pollFirst()) {
                each.close();
            }
        }
    }
}
