package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * The same long work in several clusters at the same time. One that fails stops no other; at the end all failures
 * are one error that names each.
 */
final class EachCluster {
    /** Each is several processes that start or stop; more at a time would only make all of them slow. */
    private static final int AT_A_TIME = 4;

    private EachCluster() {}

    /** The work in one cluster, with lines of its own. */
    @FunctionalInterface
    interface Work<T> {
        T in(Cluster cluster, Progress lane);
    }

    /** What came of it; both in the order of the clusters. */
    record Outcome<T>(Map<Cluster, T> done, Map<Cluster, CliError> failed) {
        /**
         * Ends the command if anything failed.
         *
         * @param verb as in "uninstall"
         */
        void throwFailure(String verb) {
            if (failed.isEmpty()) {
                return;
            }
            if (failed.size() + done.size() == 1) {
                throw failed.values().iterator().next();
            }
            List<String> reasons = new ArrayList<>();
            failed.forEach((cluster, error) -> reasons.add(cluster.name() + ": " + error.what()
                    + (error.why().isEmpty() ? "" : ": " + error.why())
                    + (error.where().isEmpty() ? "" : " (" + error.where() + ")")
                    + (error.next().isEmpty() ? "" : "; next: " + error.next())));
            throw CliError.failed("%s failed in %d of %d clusters".formatted(
                            verb, failed.size(), failed.size() + done.size()))
                    .because(String.join("\n", reasons))
                    .next("meshctl " + verb + " --cluster " + failed.keySet().stream().map(Cluster::name)
                            .collect(Collectors.joining(",")) + ", once the cause is gone")
                    .exit(failed.values().stream().mapToInt(CliError::exitCode).max().orElse(1));
        }
    }

    static <T> Outcome<T> run(List<Cluster> clusters, Progress progress, Work<T> work) throws InterruptedException {
        Map<Cluster, T> done = new LinkedHashMap<>();
        Map<Cluster, CliError> failed = new LinkedHashMap<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory())) {
            Map<Cluster, Future<T>> all = new LinkedHashMap<>();
            clusters.forEach(cluster -> all.put(cluster, threads.submit(() -> {
                try (Progress lane = progress.lane()) {
                    return inLane(cluster, lane, work);
                }
            })));
            for (Map.Entry<Cluster, Future<T>> each : all.entrySet()) {
                try {
                    done.put(each.getKey(), each.getValue().get());
                } catch (ExecutionException e) {
                    failed.put(each.getKey(), inWords(e.getCause() == null ? e : e.getCause()));
                }
            }
        }
        return new Outcome<>(done, failed);
    }

    private static <T> T inLane(Cluster cluster, Progress lane, Work<T> work) {
        try {
            return work.in(cluster, lane);
        } catch (CliError e) {
            lane.failed(e.what());
            throw e;
        }
    }

    private static CliError inWords(Throwable failure) {
        return failure instanceof CliError error ? error
                : CliError.failed("meshctl met an error of its own").because(failure.toString()).from(failure);
    }
}
