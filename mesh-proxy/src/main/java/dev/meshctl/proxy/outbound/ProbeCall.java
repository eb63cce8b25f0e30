package dev.meshctl.proxy.outbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.WorkloadScope;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Real calls by a workload that the proxy hosts by itself, through the same outbound path as any other. */
public final class ProbeCall implements AutoCloseable {
    private static final int MAX_CALLS = 256;
    private static final Duration RECORD_PATIENCE = Duration.ofSeconds(1);

    private final Map<String, CompletableFuture<FlowRecord>> calls;
    private final Listener listener;
    private final HttpClient client;

    /**
     * What one call gave.
     *
     * @param status 0 if there was no answer
     * @param error empty, or the cause and a clause that says why
     * @param peer the identity that the server proved; null if none was reached
     */
    public record Result(
            int status,
            String error,
            @Nullable SpiffeId peer,
            String endpoint,
            boolean viaGateway,
            Duration duration,
            String servedByCluster) {}

    private ProbeCall(Map<String, CompletableFuture<FlowRecord>> calls, Listener listener) {
        this.calls = calls;
        this.listener = listener;
        this.client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(ProxySelector.of(listener.address()))
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(task -> Thread.ofVirtual().name("probe").start(task))
                .build();
    }

    /** Opens the caller on a loopback port of its own. Its calls are also seen by the scope's observer. */
    public static CompletionStage<ProbeCall> open(WorkloadScope scope, EventLoops loops) {
        Map<String, CompletableFuture<FlowRecord>> calls = new ConcurrentHashMap<>();
        WorkloadScope tapped = scope.observedBy(flow -> {
            scope.observer().finished(flow);
            CompletableFuture<FlowRecord> waiting = calls.remove(flow.traceId());
            if (waiting != null) {
                waiting.complete(flow);
            }
        });
        InetSocketAddress bind = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return OutboundListener.open(tapped, bind, loops).thenApply(listener -> new ProbeCall(calls, listener));
    }

    /** Gets a URL of the form {@code http://<host>[:port]/path}. The stage never fails: errors are in the result. */
    public CompletionStage<Result> get(String url, Duration timeout) {
        String trace = "%016x%016x".formatted(
                ThreadLocalRandom.current().nextLong() | 1, ThreadLocalRandom.current().nextLong());
        HttpRequest request;
        try {
            request = HttpRequest.newBuilder(URI.create(url))
                    .timeout(timeout)
                    .header("traceparent", "00-" + trace + "-0000000000000001-01")
                    .build();
        } catch (IllegalArgumentException e) {
            return CompletableFuture.completedFuture(failed("bad_request: " + e.getMessage(), Duration.ZERO));
        }
        if (calls.size() >= MAX_CALLS) {
            return CompletableFuture.completedFuture(failed("overloaded: " + MAX_CALLS + " probes run", Duration.ZERO));
        }
        return send(request, trace, timeout);
    }

    private CompletionStage<Result> send(HttpRequest request, String trace, Duration timeout) {
        CompletableFuture<FlowRecord> flow = new CompletableFuture<>();
        calls.put(trace, flow);
        long started = System.nanoTime();
        CompletableFuture<HttpResponse<String>> answer = client.sendAsync(request,
                info -> HttpResponse.BodySubscribers.limiting(
                        HttpResponse.BodySubscribers.ofString(java.nio.charset.StandardCharsets.UTF_8), 64 * 1024));
        return answer.orTimeout(timeout.toMillis() + RECORD_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                .handle((response, error) -> Duration.ofNanos(System.nanoTime() - started))
                .thenCompose(duration -> flow
                        .orTimeout(RECORD_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                        .handle((record, late) -> {
                            calls.remove(trace);
                            return result(answer, Optional.ofNullable(record), duration, timeout);
                        }));
    }

    private static Result result(CompletableFuture<HttpResponse<String>> answer, Optional<FlowRecord> flow,
            Duration duration, Duration timeout) {
        if (answer.isCompletedExceptionally() || !answer.isDone()) {
            // The proxy sees a client that went away where it was this one that had waited long enough.
            String why = flow.map(FlowRecord::failure).filter(c -> c != FailureCause.CLIENT_CLOSED)
                    .map(c -> c.label() + ": " + c.text())
                    .orElseGet(() -> FailureCause.REQUEST_TIMEOUT.label() + ": " + reason(answer, timeout));
            return failed(why, duration);
        }
        HttpResponse<String> response = answer.join();
        String cause = response.headers().firstValue("x-meshctl-error").orElse("");
        String error = cause.isEmpty() ? "" : cause + ": " + response.body().strip();
        return flow
                .map(f -> new Result(response.statusCode(), error, f.peer(), f.endpoint(), f.viaGateway(), duration,
                        f.cluster()))
                .orElseGet(() -> new Result(response.statusCode(), error, null, "", false, duration, ""));
    }

    private static String reason(CompletableFuture<?> answer, Duration timeout) {
        Throwable cause = answer.isCompletedExceptionally() ? answer.exceptionNow() : null;
        return cause == null || cause instanceof HttpTimeoutException || cause instanceof TimeoutException
                ? "no answer within " + timeout.toMillis() + " ms" : String.valueOf(cause.getMessage());
    }

    private static Result failed(String error, Duration duration) {
        return new Result(0, error, null, "", false, duration, "");
    }

    @Override
    public void close() {
        listener.close();
        client.shutdownNow();
    }
}
