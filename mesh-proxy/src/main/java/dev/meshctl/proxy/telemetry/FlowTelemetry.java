package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.flow.FlowRecord;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Counts every flow. Event loops write to recorders of their own without waiting; a window is what all
 * of them counted since the last one. The same counts, summed up since the start, are the metrics.
 */
public final class FlowTelemetry implements FlowObserver {
    /** The bound on series, of a window and of the metrics. */
    public static final int MAX_SERIES = 2000;

    private final int maxSeries;
    private final List<Recorder> recorders = new CopyOnWriteArrayList<>();
    private final FastThreadLocal<Recorder> own = new FastThreadLocal<>() {
        @Override
        protected Recorder initialValue() {
            return newRecorder();
        }
    };
    // For the odd flow that ends on another thread; those take turns.
    private final Recorder shared;
    private final Object sharedTurn = new Object();

    // Guarded by this.
    private SeriesTable window;
    private final TotalSeries totals;
    private final AuditCounts audits = new AuditCounts();

    public FlowTelemetry() {
        this(MAX_SERIES);
    }

    FlowTelemetry(int maxSeries) {
        this.maxSeries = maxSeries;
        this.window = new SeriesTable(maxSeries);
        this.totals = new TotalSeries(maxSeries);
        this.shared = newRecorder();
    }

    private Recorder newRecorder() {
        Recorder recorder = new Recorder(maxSeries);
        recorders.add(recorder);
        return recorder;
    }

    @Override
    public void finished(FlowRecord flow) {
        audits.add(flow);
        if (Thread.currentThread() instanceof FastThreadLocalThread) {
            own.get().add(flow);
            return;
        }
        synchronized (sharedTurn) {
            shared.add(flow);
        }
    }

    /** Ends the window: everything counted since the last call. */
    synchronized SeriesTable takeWindow() {
        gather();
        SeriesTable taken = window;
        window = new SeriesTable(maxSeries);
        return taken;
    }

    /** Writes requests, durations and failures since the start, up to this moment. */
    public synchronized void writeTo(PrometheusText text) {
        gather();
        totals.writeTo(text);
        audits.writeTo(text);
    }

    private void gather() {
        for (Recorder recorder : recorders) {
            SeriesTable taken = recorder.take();
            if (!taken.isEmpty()) {
                window.add(taken);
                totals.add(taken);
            }
        }
    }
}
