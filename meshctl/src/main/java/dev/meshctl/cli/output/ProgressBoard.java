package dev.meshctl.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The lines of the steps that run now, below what has been printed. Each is as wide as the terminal at most, so
 * that moving up by their number finds the first of them. Its own lock guards it and every step shown.
 */
final class ProgressBoard implements AutoCloseable {
    private static final String[] FRAMES = {"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"};
    private static final long FRAME_MS = 100;
    private static final int ROOM_FOR_TIME = 12;

    private final Console console;
    private final boolean silent;
    private final boolean live;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final List<Progress.Step> running = new ArrayList<>();
    private @Nullable Thread painter;
    private int painted;
    private int frame;

    ProgressBoard(Console console) {
        this.console = console;
        this.silent = console.format().isStructured() || console.format() == OutputFormat.NAME;
        this.live = !silent && console.errIsTerminal();
    }

    synchronized void begin(Progress.Step step) {
        running.add(step);
        if (live && painter == null) {
            painter = Thread.ofVirtual().name("progress").start(this::paintLoop);
        }
        repaint();
    }

    synchronized void repaint() {
        if (live) {
            console.errRaw(clearing() + lines());
            painted = running.size();
        }
    }

    /** Takes the step away, and prints its last line above those that still run. */
    synchronized void end(Progress.Step step, String mark, Style style, String text) {
        if (running.remove(step)) {
            print(console.paintErr(style, mark) + " " + step.title() + (text.isEmpty() ? "" : "  " + text)
                    + "  " + console.paintErr(Style.DIM, elapsed(step)));
        }
    }

    synchronized void print(String line) {
        if (!silent) {
            if (live) {
                console.errRaw(clearing());
                painted = 0;
            }
            console.err(line);
            repaint();
        }
    }

    /** Whether lines live, as on a terminal. */
    boolean isLive() {
        return live;
    }

    /** A line of a step that goes on. */
    synchronized void tell(Progress.Step step) {
        print(console.paintErr(Style.DIM, "…") + " " + step.title() + "  " + step.detail() + "  "
                + console.paintErr(Style.DIM, elapsed(step)));
    }

    synchronized boolean isRunning(Progress.Step step) {
        return running.contains(step);
    }

    @Override
    public synchronized void close() {
        for (Progress.Step step : List.copyOf(running)) {
            end(step, "-", Style.DIM, "stopped");
        }
        closed.countDown();
    }

    private void paintLoop() {
        try {
            while (!closed.await(FRAME_MS, TimeUnit.MILLISECONDS)) {
                synchronized (this) {
                    frame++;
                    repaint();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // The cursor stands at the end of the last painted line.
    private String clearing() {
        return painted == 0 ? "" : "\r\u001b[2K" + "\u001b[1A\u001b[2K".repeat(painted - 1);
    }

    private String lines() {
        List<String> lines = new ArrayList<>();
        int room = Math.max(20, console.width() - ROOM_FOR_TIME);
        for (Progress.Step step : running) {
            String text = step.title() + (step.detail().isEmpty() ? "" : "  " + step.detail());
            String shown = text.length() > room ? text.substring(0, room - 1) + "…" : text;
            lines.add(console.paintErr(Style.ACCENT, FRAMES[frame % FRAMES.length]) + " " + shown + "  "
                    + console.paintErr(Style.DIM, elapsed(step)));
        }
        return String.join("\n", lines);
    }

    private static String elapsed(Progress.Step step) {
        return String.format(Locale.ROOT, "%.1f s", step.elapsedNanos() / 1e9);
    }
}
