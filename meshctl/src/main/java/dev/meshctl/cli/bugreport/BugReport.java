package dev.meshctl.cli.bugreport;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.output.Data;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.verify.VerifyReport;
import dev.meshctl.cli.verify.VerifyService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Gathers what is known of some clusters, at the same time, into one archive. */
public final class BugReport {
    private static final int SECONDS_PER_CLUSTER = 180;
    private static final Duration PER_CHECK = Duration.ofSeconds(10);
    private static final int AT_A_TIME = 8;

    private final Context context;
    private final FleetProxies proxies;
    private final Redaction redaction = new Redaction();
    private final List<Gap> gaps = new ArrayList<>();

    public BugReport(Context context) {
        this.context = context;
        this.proxies = new FleetProxies(context.connections(), context.kubernetes());
    }

    /**
     * What came of it.
     *
     * @param silent clusters of which nothing could be had
     * @param redacted kinds of secrets and how many were taken out
     */
    public record Outcome(Path file, int files, long bytes, List<Gap> gaps, List<String> silent, Map<String, Long> redacted) {
        public Map<String, Object> toData() {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("file", file.toString());
            data.put("files", files);
            data.put("bytes", bytes);
            data.put("redacted", redacted);
            data.put("missing", gaps.stream().map(Gap::toData).toList());
            data.put("silent", silent);
            return data;
        }
    }

    /**
     * Writes the archive.
     *
     * @param file replaced if it is there
     * @throws CliError if it cannot be written; then nothing is left of it
     */
    public Outcome write(Path file, List<Cluster> clusters, Progress progress) throws InterruptedException {
        try (ReportArchive archive = new ReportArchive(file, redaction)) {
            archive.add("versions.txt", versions());
            archive.add("fleet.json", Data.write(OutputFormat.JSON, clusters.stream().map(FleetFile::toData).toList()));
            List<String> silent = gather(archive, clusters, progress);
            verify(archive, clusters, progress);
            Outcome outcome = new Outcome(file, archive.files() + 1, archive.bytes(), List.copyOf(gaps), silent, redaction.counts());
            archive.add("summary.json", Data.write(OutputFormat.JSON, outcome.toData()));
            archive.finish();
            return outcome;
        } catch (IOException e) {
            throw CliError.failed("cannot write the report").at(file.toString()).because(String.valueOf(e.getMessage()))
                    .next("name another file with --file").from(e);
        }
    }

    private static String versions() {
        return "meshctl %s%njava %s%nos %s %s %s%nwritten %s%n".formatted(Version.current(), Runtime.version(),
                System.getProperty("os.name"), System.getProperty("os.version"), System.getProperty("os.arch"), Instant.now());
    }

    private List<String> gather(ReportArchive archive, List<Cluster> clusters, Progress progress) throws InterruptedException {
        List<String> silent = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME, Thread.ofVirtual().factory())) {
            Map<Cluster, Future<Boolean>> all = new LinkedHashMap<>();
            clusters.forEach(cluster -> all.put(cluster, threads.submit(() -> {
                try (Progress lane = progress.lane()) {
                    return gather(archive, cluster, lane.step(cluster.name()));
                }
            })));
            for (Map.Entry<Cluster, Future<Boolean>> each : all.entrySet()) {
                try {
                    if (!each.getValue().get()) {
                        silent.add(each.getKey().name());
                    }
                } catch (ExecutionException e) {
                    gap(new Gap(each.getKey().name(), "the rest", String.valueOf(e.getCause())));
                    silent.add(each.getKey().name());
                }
            }
        }
        return silent;
    }

    /** False if nothing could be had. */
    private boolean gather(ReportArchive archive, Cluster cluster, Progress.Step step) throws InterruptedException {
        int before = gapsOf(cluster);
        Gathering to = new Gathering(cluster, archive, this::gap, step, SECONDS_PER_CLUSTER);
        if (cluster.isLocal()) {
            LocalPieces.gather(to);
        }
        // Everything of a cluster on Kubernetes comes by its API server: without that one nothing more is asked.
        if (cluster.isLocal() || kubernetes(to)) {
            new MeshPieces(context.connections(), context.platform(), proxies).gather(to);
        }
        int missing = gapsOf(cluster) - before;
        boolean answered = to.had() > 0;
        if (answered) {
            step.done(to.had() + " pieces" + (missing == 0 ? "" : ", " + missing + " missing"));
        } else {
            step.failed("nothing could be had");
        }
        return answered;
    }

    /** False if the API server does not answer. */
    private boolean kubernetes(Gathering to) throws InterruptedException {
        ClusterApi api = to.find("way to the API server", () -> context.kubernetes().open(to.cluster()));
        if (api == null) {
            return false;
        }
        try (api) {
            return new KubernetesPieces(api).gather(to);
        }
    }

    private void verify(ReportArchive archive, List<Cluster> clusters, Progress progress) throws InterruptedException, IOException {
        Progress.Step step = progress.step("verify");
        VerifyReport report = new VerifyService(context.connections(), context.platform(), InstantSource.system())
                .verify(context.fleet(), clusters, PER_CHECK, result -> { });
        archive.add("verify.json", Data.write(OutputFormat.JSON, report.toData()));
        step.done(report.summary());
    }

    private synchronized void gap(Gap gap) {
        gaps.add(gap);
    }

    private synchronized int gapsOf(Cluster cluster) {
        return (int) gaps.stream().filter(gap -> gap.cluster().equals(cluster.name())).count();
    }
}
