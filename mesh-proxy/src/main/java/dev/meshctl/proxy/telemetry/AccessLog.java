package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger.Level;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One JSON line per flow in the log, when the mesh's settings, or a policy that audits, ask for it. Event loops only queue; at
 * most {@value #MAX_QUEUED} lines wait, more are dropped and counted as {@code access_log_dropped}. A
 * line that cannot be written is counted as {@code access_log_failed}.
 */
public final class AccessLog implements FlowObserver, AutoCloseable {
    private static final int MAX_QUEUED = 8192;
    private static final System.Logger LOG = System.getLogger("dev.meshctl.proxy.access");

    private final BooleanSupplier enabled;
    private final Counters counters;
    private final BlockingQueue<FlowRecord> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
    private final JsonMapper json = JsonMapper.builder().build();
    private final Thread writer;

    /** @param enabled asked for each flow; must not block */
    public AccessLog(BooleanSupplier enabled, Counters counters) {
        this.enabled = enabled;
        this.counters = counters;
        this.writer = Thread.ofVirtual().name("access-log").start(this::write);
    }

    @Override
    public void finished(FlowRecord flow) {
        if ((enabled.getAsBoolean() || !flow.audited().isEmpty()) && !queue.offer(flow)) {
            counters.increment("access_log_dropped");
        }
    }

    private void write() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                tryToWrite(queue.take());
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    // One line that cannot be written must not be the last.
    private void tryToWrite(FlowRecord flow) {
        try {
            LOG.log(Level.INFO, line(flow));
        } catch (RuntimeException e) {
            counters.increment("access_log_failed");
        }
    }

    String line(FlowRecord flow) {
        ObjectNode line = json.createObjectNode();
        line.put("direction", flow.direction() == Direction.INBOUND ? "inbound" : "outbound");
        put(line, "source", flow.source());
        put(line, "destination", flow.destination());
        put(line, "version", flow.version());
        put(line, "cluster", flow.cluster());
        line.put("protocol", flow.protocol().label());
        put(line, "method", flow.method());
        put(line, "path", flow.path());
        line.put("status", flow.status());
        FailureCause failure = flow.failure();
        put(line, "cause", failure == null ? null : failure.label());
        line.put("duration_us", flow.latencyNanos() / 1000);
        line.put("bytes_received", flow.bytesReceived());
        line.put("bytes_sent", flow.bytesSent());
        line.put("retries", flow.retries());
        put(line, "route", flow.route());
        put(line, "endpoint", flow.endpoint());
        put(line, "peer", flow.peer());
        put(line, "policy", flow.policy());
        put(line, "audited", String.join(",", flow.audited()));
        put(line, "trace", flow.traceId());
        return json.writeValueAsString(line);
    }

    private static void put(ObjectNode line, String name, @Nullable Object value) {
        if (value != null && !value.toString().isEmpty()) {
            line.put(name, value.toString());
        }
    }

    @Override
    public void close() {
        writer.interrupt();
    }
}
