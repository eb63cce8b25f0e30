package dev.meshctl.cli.command;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What several clusters answer. One that does not answer hides nothing of the others; it is told after their
 * answers, and ends the command as failed.
 */
public final class PerCluster<T> {
    /** Reaching the cluster, a first identity there, and the call itself. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<T> rows = new ArrayList<>();
    private final List<CliError> errors = new ArrayList<>();

    private PerCluster() {}

    /**
     * Asks all at once.
     *
     * @throws CliError if none answers and it was the only one
     */
    public static <T> PerCluster<T> ask(List<Cluster> clusters, Function<Cluster, List<T>> question) {
        PerCluster<T> answers = new PerCluster<>();
        for (InParallel.Answer<List<T>> answer : InParallel.ask(clusters, LIMIT, question)) {
            switch (answer) {
                case InParallel.Given<List<T>>(Cluster cluster, List<T> rows) -> answers.rows.addAll(rows);
                case InParallel.Missing<List<T>>(Cluster cluster, CliError error) when clusters.size() == 1 -> throw error;
                case InParallel.Missing<List<T>>(Cluster cluster, CliError error) -> answers.errors.add(error);
            }
        }
        return answers;
    }

    /**
     * Does it in one after the other, for what asks the user. A cluster where it fails does not keep it from the others.
     *
     * @throws CliError if it was the only one, or the user interrupts
     */
    public static <T> PerCluster<T> oneByOne(List<Cluster> clusters, Function<Cluster, List<T>> work) {
        PerCluster<T> answers = new PerCluster<>();
        for (Cluster cluster : clusters) {
            try {
                answers.rows.addAll(work.apply(cluster));
            } catch (CliError e) {
                if (clusters.size() == 1 || e.exitCode() == ExitCode.INTERRUPTED) {
                    throw e;
                }
                answers.errors.add(e);
            }
        }
        return answers;
    }

    public List<T> rows() {
        return List.copyOf(rows);
    }

    /** Tells the errors; to be called when the rows are printed. Returns the exit code. */
    public int end(Console console) {
        errors.forEach(console::error);
        return errors.stream().mapToInt(CliError::exitCode).max().orElse(ExitCode.OK);
    }
}
