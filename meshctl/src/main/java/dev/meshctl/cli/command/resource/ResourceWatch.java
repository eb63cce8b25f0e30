package dev.meshctl.cli.command.resource;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Table;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Prints what comes, changes and goes in several clusters until the user ends it. A cluster that does not answer is told, asked
 * again with growing pauses, and takes nothing from the others.
 */
final class ResourceWatch {
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final Console console;
    private final Table<Found> table;
    private List<Found> printed = List.of();

    ResourceWatch(Console console, Table<Found> table) {
        this.console = console;
        this.table = table;
    }

    /** Prints what there is at the first look, with the header of the table if there is anything. */
    synchronized void begin(List<Found> rows, String empty) {
        if (console.format().isStructured()) {
            documents(rows);
        } else {
            console.print(table, rows, empty);
        }
        printed = rows;
    }

    /**
     * Watches until the reader of the output is gone, which is no failure.
     *
     * @throws InterruptedException if the thread is interrupted; by Ctrl-C the process ends with {@link ExitCode#INTERRUPTED}
     */
    int follow(List<ClusterWatch> watches) throws InterruptedException {
        CompletableFuture<Void> over = new CompletableFuture<>();
        try (Signals.Registration interrupt = Signals.onInterrupt(console::interrupted)) {
            List<Thread> threads = watches.stream().map(watch -> Thread.ofVirtual().name("watch-" + watch.cluster())
                    .start(() -> follow(watch, over))).toList();
            try {
                over.get();
                return ExitCode.OK;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            } finally {
                threads.forEach(Thread::interrupt);
            }
        }
    }

    private void follow(ClusterWatch watch, CompletableFuture<Void> over) {
        try {
            int failures = 0;
            while (!over.isDone()) {
                Thread.sleep(pause(failures));
                failures = look(watch, failures);
                if (console.isReaderGone()) {
                    over.complete(null);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            over.completeExceptionally(e);
        }
    }

    private static Duration pause(int failures) {
        Duration longer = PAUSE.multipliedBy(failures + 1L);
        return longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }

    /** Returns how many looks in a row have failed. */
    private int look(ClusterWatch watch, int failures) {
        try {
            List<Found> changes = watch.changes();
            if (failures > 0) {
                console.err("cluster " + watch.cluster() + " answers again");
            }
            changed(changes);
            return 0;
        } catch (CliError e) {
            if (failures == 0 && !Thread.currentThread().isInterrupted()) {
                console.warn("cluster " + watch.cluster() + ": " + e.getMessage() + "; it is asked again");
            }
            return failures + 1;
        }
    }

    private synchronized void changed(List<Found> rows) {
        if (rows.isEmpty()) {
            return;
        }
        if (console.format().isStructured()) {
            documents(rows);
        } else if (printed.isEmpty()) {
            begin(rows, "");
        } else {
            console.printMore(table, printed, rows);
        }
    }

    private void documents(List<Found> rows) {
        for (Found row : rows) {
            if (console.format() == OutputFormat.YAML) {
                console.out("---");
            }
            console.data(row.resource());
        }
    }
}
