package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.daemon.HttpPort.Document;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * {@code /metrics} (Prometheus text), {@code /healthz} and {@code /readyz} (503 with the reason while not
 * ready) over HTTP/1.1, with the bounds of {@link HttpPort}. What it turned away is the last metric.
 */
public final class MetricsServer implements AutoCloseable {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final int WORKERS = 4;
    private static final int MAX_SLOW = 60;
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final Counters refusals = new Counters();
    private final HttpPort port;

    /**
     * Starts serving.
     *
     * @param metrics called for each scrape, on a worker thread
     * @param notReady the reason, or empty when ready
     * @throws BindException if the address is in use; the message names it
     */
    public MetricsServer(InetSocketAddress bind, Supplier<String> metrics, Supplier<Optional<String>> notReady)
            throws IOException {
        this(bind, metrics, notReady, Map.of());
    }

    /**
     * The same with more documents.
     *
     * @param more by path; each may take its time, the others do not wait for it
     */
    public MetricsServer(InetSocketAddress bind, Supplier<String> metrics, Supplier<Optional<String>> notReady,
            Map<String, Supplier<Document>> more) throws IOException {
        Map<String, Supplier<Document>> documents = new HashMap<>(more);
        documents.put("/metrics", () -> Document.text(200, PROMETHEUS, metrics.get() + refused()));
        documents.put("/healthz", () -> Document.text(200, PLAIN, "ok\n"));
        documents.put("/readyz", () -> readiness(notReady.get()));
        try {
            port = new HttpPort(bind, null, documents, refusals, WORKERS + Math.min(2 * more.size(), MAX_SLOW));
        } catch (BindException e) {
            BindException named = new BindException("metrics address " + bind + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    private static Document readiness(Optional<String> reason) {
        return Document.text(reason.isPresent() ? 503 : 200, PLAIN, reason.orElse("ok") + "\n");
    }

    private String refused() {
        StringBuilder text = new StringBuilder("# TYPE meshctl_metrics_refused_total counter\n");
        refusals.snapshot().forEach((cause, count) -> text
                .append("meshctl_metrics_refused_total{cause=\"").append(cause).append("\"} ").append(count).append('\n'));
        return text.toString();
    }

    /** Where it listens, with the port that the system chose. */
    public InetSocketAddress address() {
        return port.address();
    }

    @Override
    public void close() {
        port.close();
    }
}
