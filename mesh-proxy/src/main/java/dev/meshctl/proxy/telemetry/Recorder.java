package dev.meshctl.proxy.telemetry;

import dev.meshctl.proxy.flow.FlowRecord;
import org.HdrHistogram.WriterReaderPhaser;

/**
 * The counts of one event loop. Recording is wait-free: the loop writes to the active table within a
 * phase; the reader puts a new table there and waits until the phase in which the old one was
 * written has passed.
 *
 * @see WriterReaderPhaser
 */
final class Recorder {
    private final WriterReaderPhaser phaser = new WriterReaderPhaser();
    private final int maxSeries;
    private volatile SeriesTable active;

    Recorder(int maxSeries) {
        this.maxSeries = maxSeries;
        this.active = new SeriesTable(maxSeries);
    }

    void add(FlowRecord flow) {
        long phase = phaser.writerCriticalSectionEnter();
        try {
            active.add(flow);
        } finally {
            phaser.writerCriticalSectionExit(phase);
        }
    }

    /** What was counted since the last call. */
    SeriesTable take() {
        phaser.readerLock();
        try {
            SeriesTable taken = active;
            active = new SeriesTable(maxSeries);
            phaser.flipPhase(50_000);
            return taken;
        } finally {
            phaser.readerUnlock();
        }
    }
}
