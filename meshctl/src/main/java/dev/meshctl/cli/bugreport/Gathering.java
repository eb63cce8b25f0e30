package dev.meshctl.cli.bugreport;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import io.grpc.StatusRuntimeException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Gathers the pieces of one cluster, one after the other, each within a limit. One that cannot be had is a gap. */
final class Gathering {
    private static final int PIECE_SECONDS = 20;

    private final Cluster cluster;
    private final ReportArchive archive;
    private final Consumer<Gap> gaps;
    private final Progress.Step step;
    private final long deadline;
    private int had;

    /** @param seconds for all pieces together */
    Gathering(Cluster cluster, ReportArchive archive, Consumer<Gap> gaps, Progress.Step step, int seconds) {
        this.cluster = cluster;
        this.archive = archive;
        this.gaps = gaps;
        this.step = step;
        this.deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }

    Cluster cluster() {
        return cluster;
    }

    /** Adds a text; an empty one is nothing to add. */
    void text(String file, Callable<String> piece) throws InterruptedException {
        add(file, piece, text -> text.isEmpty() || archive.add(cluster.name() + "/" + file, text));
    }

    /** Adds objects. */
    void objects(String file, Callable<List<ObjectNode>> piece) throws InterruptedException {
        add(file, piece, objects -> objects.isEmpty() || archive.addObjects(cluster.name() + "/" + file, objects));
    }

    @FunctionalInterface
    private interface Store<T> {
        boolean put(T piece) throws IOException;
    }

    private <T> void add(String file, Callable<T> piece, Store<T> store) throws InterruptedException {
        step.update(file);
        try {
            if (!store.put(within(piece))) {
                gaps.accept(new Gap(cluster.name(), file, "the report is as large as it may be"));
                return;
            }
            had++;
        } catch (IOException e) {
            gaps.accept(new Gap(cluster.name(), file, "it cannot be written: " + e.getMessage()));
        } catch (ExecutionException e) {
            gap(file, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            gaps.accept(new Gap(cluster.name(), file, "no answer in time"));
        }
    }

    /** What is needed to know what to gather; null is a gap. */
    <T> @Nullable T find(String what, Callable<T> question) throws InterruptedException {
        step.update(what);
        try {
            return within(question);
        } catch (ExecutionException e) {
            gap(what, e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            gaps.accept(new Gap(cluster.name(), what, "no answer in time"));
        }
        return null;
    }

    private <T> T within(Callable<T> piece) throws ExecutionException, TimeoutException, InterruptedException {
        long left = Math.min(TimeUnit.SECONDS.toNanos(PIECE_SECONDS), deadline - System.nanoTime());
        FutureTask<T> task = new FutureTask<>(piece);
        Thread thread = Thread.ofVirtual().name("bug-report-" + cluster.name()).start(task);
        try {
            return task.get(Math.max(0, left), TimeUnit.NANOSECONDS);
        } finally {
            thread.interrupt();
        }
    }

    // A file that was never written is nothing that is missing.
    private void gap(String what, Throwable why) {
        if (!(why instanceof NoSuchFileException) && !(why instanceof FileNotFoundException)) {
            gaps.accept(new Gap(cluster.name(), what, inWords(why)));
        }
    }

    private static String inWords(Throwable why) {
        return switch (why) {
            case CliError error -> error.why().isEmpty() ? error.what() : error.what() + ": " + error.why();
            case StatusRuntimeException failure -> RpcFailure.reason(failure);
            default -> why.getMessage() == null ? why.toString() : why.getMessage();
        };
    }

    /** How many pieces there are. */
    int had() {
        return had;
    }
}
