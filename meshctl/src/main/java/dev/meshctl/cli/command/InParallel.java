package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** Asks several clusters at once. One that is slow or dead takes no time from the others. */
public final class InParallel {
    private InParallel() {}

    /** What one cluster answered: a value, or why it has none. */
    public sealed interface Answer<T> {
        Cluster cluster();
    }

    /** It answered. */
    public record Given<T>(Cluster cluster, T value) implements Answer<T> {}

    /** It did not. */
    public record Missing<T>(Cluster cluster, CliError error) implements Answer<T> {}

    /**
     * Asks all and waits for the answers, each at most for the limit.
     *
     * @return one for each cluster, in their order
     * @throws CliError if the caller is interrupted
     */
    public static <T> List<Answer<T>> ask(List<Cluster> clusters, Duration limit, Function<Cluster, T> question) {
        long deadline = System.nanoTime() + limit.toNanos();
        return ask(clusters, limit, question, () -> deadline - System.nanoTime());
    }

    /** @param nanosLeft asked for each answer, in their order */
    static <T> List<Answer<T>> ask(
            List<Cluster> clusters, Duration limit, Function<Cluster, T> question, LongSupplier nanosLeft) {
        List<FutureTask<T>> tasks = new ArrayList<>();
        for (Cluster cluster : clusters) {
            FutureTask<T> task = new FutureTask<>(() -> question.apply(cluster));
            Thread.ofVirtual().name("ask-" + cluster.name()).start(task);
            tasks.add(task);
        }
        try {
            List<Answer<T>> answers = new ArrayList<>();
            for (int i = 0; i < clusters.size(); i++) {
                answers.add(answer(clusters.get(i), tasks.get(i), nanosLeft.getAsLong(), limit));
            }
            return answers;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliError.failed("interrupted").exit(ExitCode.INTERRUPTED).from(e);
        } finally {
            tasks.forEach(task -> task.cancel(true));
        }
    }

    private static <T> Answer<T> answer(Cluster cluster, FutureTask<T> task, long nanosLeft, Duration limit)
            throws InterruptedException {
        try {
            return new Given<>(cluster, task.get(Math.max(0, nanosLeft), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return new Missing<>(cluster, CliError.failed("no answer within " + limit.toSeconds() + " s")
                    .at("cluster " + cluster.name()).next("meshctl cluster list"));
        } catch (ExecutionException e) {
            return new Missing<>(cluster, e.getCause() instanceof CliError error ? error
                    : CliError.failed("meshctl met an error of its own").at("cluster " + cluster.name())
                            .because(String.valueOf(e.getCause())).from(e));
        }
    }
}
