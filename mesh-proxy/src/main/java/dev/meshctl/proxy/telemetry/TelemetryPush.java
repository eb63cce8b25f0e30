package dev.meshctl.proxy.telemetry;

import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a window every so often and pushes it to the control plane. While that is away, the newest
 * {@value #MAX_BACKLOG} windows wait; older ones are dropped.
 *
 * <p>Counted causes: {@code telemetry_push_failed}, {@code telemetry_window_dropped}, {@code telemetry_window_failed}.
 */
public final class TelemetryPush implements AutoCloseable {
    static final int MAX_BACKLOG = 12;

    private static final Logger LOG = System.getLogger(TelemetryPush.class.getName());

    private static final Duration DEFAULT_WINDOW = Duration.ofSeconds(5);
    private static final Duration MIN_WINDOW = Duration.ofSeconds(1);
    private static final Duration MAX_WINDOW = Duration.ofSeconds(60);
    private static final Duration PUSH_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration LAST_PUSH_TIMEOUT = Duration.ofSeconds(1);

    private final String node;
    private final FlowTelemetry telemetry;
    private final Channel channel;
    private final Supplier<Duration> windowLength;
    private final InstantSource clock;
    private final Backoff backoff;
    private final Counters counters;

    private final Deque<Window> backlog = new ArrayDeque<>();
    private Instant windowStart;
    private @Nullable Thread windows;
    private @Nullable Thread pushes;

    /** @param windowLength as set by the control plane; asked before each window, held within 1 s to 60 s; zero: 5 s */
    public TelemetryPush(
            String node,
            FlowTelemetry telemetry,
            Channel channel,
            Supplier<Duration> windowLength,
            InstantSource clock,
            Backoff backoff,
            Counters counters) {
        this.node = node;
        this.telemetry = telemetry;
        this.channel = channel;
        this.windowLength = windowLength;
        this.clock = clock;
        this.backoff = backoff;
        this.counters = counters;
        this.windowStart = clock.instant();
    }

    public void start() {
        windows = Thread.ofVirtual().name("telemetry-window").start(this::runWindows);
        pushes = Thread.ofVirtual().name("telemetry-push").start(this::runPushes);
    }

    private void runWindows() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(length());
                tryEndWindow();
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    // Without windows no gate, no table and no graph would know anything of this proxy any more.
    private void tryEndWindow() {
        try {
            endWindow();
        } catch (RuntimeException e) {
            counters.increment("telemetry_window_failed");
            LOG.log(Level.ERROR, "a telemetry window could not be made; the next one follows", e);
        }
    }

    private void runPushes() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (push(awaitOldest())) {
                    backoff.reset();
                } else {
                    Thread.sleep(backoff.next());
                }
            }
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private Duration length() {
        Duration set = windowLength.get();
        if (set.isZero()) {
            return DEFAULT_WINDOW;
        }
        return set.compareTo(MIN_WINDOW) < 0 ? MIN_WINDOW : set.compareTo(MAX_WINDOW) > 0 ? MAX_WINDOW : set;
    }

    /** Ends the window now and queues it. An empty one does not push a full one out of the backlog. */
    synchronized void endWindow() {
        SeriesTable table = telemetry.takeWindow();
        Instant end = clock.instant();
        Window window = WindowMessage.of(node, windowStart, Duration.between(windowStart, end), table);
        windowStart = end;
        if (table.isEmpty() && !backlog.isEmpty()) {
            return;
        }
        backlog.addLast(window);
        if (backlog.size() > MAX_BACKLOG) {
            backlog.removeFirst();
            counters.increment("telemetry_window_dropped");
        }
        notifyAll();
    }

    private synchronized Window awaitOldest() throws InterruptedException {
        while (backlog.isEmpty()) {
            wait();
        }
        return backlog.getFirst();
    }

    private boolean push(Window window) {
        try {
            var unused = TelemetryGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(PUSH_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .push(window);
        } catch (StatusRuntimeException e) {
            counters.increment("telemetry_push_failed");
            if (e.getStatus().getCode() != Status.Code.INVALID_ARGUMENT) {
                return false;
            }
            // It would be refused again; what waits behind it must not wait for that.
            counters.increment("telemetry_window_dropped");
        }
        synchronized (this) {
            backlog.remove(window);
        }
        return true;
    }

    /** Windows that wait to be pushed. */
    synchronized int backlog() {
        return backlog.size();
    }

    /** Ends the threads; a last window is tried once, for at most one second. */
    @Override
    public void close() {
        close(LAST_PUSH_TIMEOUT);
    }

    /** The same with another time for the last window. */
    void close(Duration lastPush) {
        if (windows != null) {
            windows.interrupt();
        }
        if (pushes != null) {
            pushes.interrupt();
        }
        Window last = WindowMessage.of(
                node, windowStart, Duration.between(windowStart, clock.instant()), telemetry.takeWindow());
        if (last.getSeriesCount() == 0) {
            return;
        }
        try {
            var unused = TelemetryGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(lastPush.toMillis(), TimeUnit.MILLISECONDS)
                    .push(last);
        } catch (StatusRuntimeException e) {
            counters.increment("telemetry_window_dropped");
        }
    }
}
