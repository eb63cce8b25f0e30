package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.apply.Pacing;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.install.kubernetes.operate.Wanted;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Style;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The two halves of every change on Kubernetes: look at all clusters and tell, then change those that let one. */
final class KubernetesWork {
    private final Context context;
    private final Console console;
    private final Duration patience;

    KubernetesWork(Context context, Console console, Duration patience) {
        this.context = context;
        this.console = console;
        this.patience = patience;
    }

    /** What is to be done in a cluster, and what stands against it beside the pre-checks. */
    record Intent(Wanted wanted, List<Finding> findings) {
        Intent(Wanted wanted) {
            this(wanted, List.of());
        }
    }

    boolean isKubernetes(Cluster cluster) {
        return context.kubernetes().includes(cluster);
    }

    /** Works with one cluster, whose client is closed then. */
    <T> T in(Cluster cluster, Function<TargetCluster, T> work) {
        try (ClusterApi api = context.kubernetes().open(cluster)) {
            return work.apply(new TargetCluster(cluster.name(), api, Pacing.real(), patience, context.audit().actor()));
        }
    }

    /** Looks at all of them at the same time; changes nothing. */
    EachCluster.Outcome<Prepared> prepare(List<Cluster> clusters, Intents intents) throws InterruptedException {
        try (Progress progress = console.progress()) {
            return EachCluster.run(clusters, progress, (cluster, lane) -> {
                Progress.Step step = lane.step(cluster.name() + ": pre-checks");
                Prepared prepared = in(cluster, place -> {
                    Intent intent = intents.of(cluster, place);
                    return new Installer(place).prepare(intent.wanted()).and(intent.findings());
                });
                if (prepared.blocking().isEmpty()) {
                    step.done(prepared.changes().summary());
                } else {
                    step.failed(prepared.blocking().size() + " of " + prepared.findings().size() + " failed");
                }
                return prepared;
            });
        }
    }

    /** What is to be done in each cluster. */
    @FunctionalInterface
    interface Intents {
        Intent of(Cluster cluster, TargetCluster place);
    }

    /** Tells what is not as it should be, of every cluster. */
    void tell(Map<Cluster, Prepared> prepared) {
        prepared.forEach((cluster, each) -> each.findings().forEach(finding -> {
            String mark = switch (finding.result()) {
                case PASS, SKIPPED -> "";
                case WARN, UNKNOWN -> console.paintErr(Style.WARN, finding.result().toString());
                case FAIL -> console.paintErr(Style.BAD, "fail");
            };
            if (!mark.isEmpty()) {
                console.err("%s %s: %s: %s".formatted(mark, cluster.name(), finding.check(), finding.text().replace("\n", "\n  ")));
                if (!finding.next().isEmpty()) {
                    console.err("  next: " + finding.next());
                }
            }
        }));
    }

    /** Those that nothing stands against; the others become failures. */
    EachCluster.Outcome<Prepared> allowed(EachCluster.Outcome<Prepared> all, boolean ignorePrechecks) {
        Map<Cluster, Prepared> done = new LinkedHashMap<>();
        Map<Cluster, CliError> failed = new LinkedHashMap<>(all.failed());
        all.done().forEach((cluster, prepared) -> {
            if (prepared.blocking().isEmpty() || (ignorePrechecks && prepared.changes().refused().isEmpty())) {
                done.put(cluster, prepared);
            } else {
                failed.put(cluster, blocked(cluster, prepared.blocking()));
            }
        });
        return new EachCluster.Outcome<>(done, failed);
    }

    private static CliError blocked(Cluster cluster, List<Finding> blocking) {
        List<String> reasons = blocking.stream().map(finding -> finding.check() + ": " + finding.text()).toList();
        return CliError.failed("nothing was changed: " + blocking.size() + (blocking.size() == 1 ? " check fails" : " checks fail"))
                .at("cluster " + cluster.name()).because(String.join("\n", reasons)).next(blocking.getFirst().next())
                .exit(ExitCode.FAILED);
    }

    /** One line for each cluster that is changed. */
    static List<String> touched(Map<Cluster, Prepared> prepared) {
        List<String> lines = new ArrayList<>();
        prepared.forEach((cluster, each) -> lines.add("cluster %s: %s: %s".formatted(
                cluster.name(), each.wanted().what(), each.changes().summary())));
        return lines;
    }
}
