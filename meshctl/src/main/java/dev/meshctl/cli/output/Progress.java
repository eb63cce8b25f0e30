package dev.meshctl.cli.output;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Steps of long work, one line each, with their time. On a terminal the line of the running step lives;
 * elsewhere each step prints one line when it ends, and what it waits for each 30 s until then. One step at a
 * time, and one in each {@link #lane}; steps may be driven from any thread.
 */
public final class Progress implements AutoCloseable {
    /** How long a step says nothing in a log. */
    static final Duration QUIET = Duration.ofSeconds(30);

    private final ProgressBoard board;
    private final LongSupplier nanos;
    private final boolean lane;
    private @Nullable Step last;

    Progress(Console console, LongSupplier nanos) {
        this(new ProgressBoard(console), nanos, false);
    }

    private Progress(ProgressBoard board, LongSupplier nanos, boolean lane) {
        this.board = board;
        this.nanos = nanos;
        this.lane = lane;
    }

    /** Begins a step. One that still runs is ended as done. */
    public Step step(String title) {
        synchronized (board) {
            if (last != null) {
                last.done("");
            }
            Step step = new Step(title);
            last = step;
            board.begin(step);
            return step;
        }
    }

    /** Steps of work that goes on at the same time, below those of this one. */
    public Progress lane() {
        return new Progress(board, nanos, true);
    }

    /** Ends the step that runs, if any, as failed. */
    public void failed(String why) {
        synchronized (board) {
            if (last != null) {
                last.failed(why);
            }
        }
    }

    /** A line between steps. */
    public void line(String text) {
        board.print(text);
    }

    /** Shows a step that still runs as stopped; ends live output, unless this is a lane of another. */
    @Override
    public void close() {
        synchronized (board) {
            if (last != null) {
                board.end(last, "-", Style.DIM, "stopped");
            }
            if (!lane) {
                board.close();
            }
        }
    }

    /** One piece of the work. Ends once; what follows is ignored. */
    public final class Step {
        private final String title;
        private final long began = nanos.getAsLong();
        private String detail = "";
        private long toldNanos = began;

        private Step(String title) {
            this.title = title;
        }

        /** What is going on now. */
        public void update(String now) {
            synchronized (board) {
                detail = now;
                if (!board.isRunning(this)) {
                    return;
                }
                if (board.isLive()) {
                    board.repaint();
                } else if (nanos.getAsLong() - toldNanos >= QUIET.toNanos()) {
                    toldNanos = nanos.getAsLong();
                    board.tell(this);
                }
            }
        }

        /** It worked; {@code evidence} says how one knows, and may be empty. */
        public void done(String evidence) {
            board.end(this, "✓", Style.GOOD, evidence);
        }

        public void failed(String why) {
            board.end(this, "✗", Style.BAD, why);
        }

        /** There was nothing to do. */
        public void skipped(String why) {
            board.end(this, "·", Style.DIM, why);
        }

        String title() {
            return title;
        }

        String detail() {
            return detail;
        }

        long elapsedNanos() {
            return nanos.getAsLong() - began;
        }
    }
}
