package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.operate.Uninstall;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The part of {@code uninstall} that is for clusters on Kubernetes. */
final class KubernetesUninstall {
    private static final int MAX_NAMED = 60;

    private final Console console;
    private final KubernetesWork work;
    private final EachCluster.Outcome<Uninstall.Plan> plans;
    private final boolean purge;

    private KubernetesUninstall(Console console, KubernetesWork work, EachCluster.Outcome<Uninstall.Plan> plans, boolean purge) {
        this.console = console;
        this.work = work;
        this.plans = plans;
        this.purge = purge;
    }

    /** Looks at what there is, in all of them at the same time. */
    static KubernetesUninstall look(Context context, Console console, ApplyOptions apply, List<Cluster> clusters, boolean purge)
            throws InterruptedException {
        KubernetesWork work = new KubernetesWork(context, console, apply.patience());
        if (clusters.isEmpty()) {
            return new KubernetesUninstall(console, work, new EachCluster.Outcome<>(Map.of(), Map.of()), purge);
        }
        try (Progress progress = console.progress()) {
            return new KubernetesUninstall(console, work, EachCluster.run(clusters, progress, (cluster, lane) -> {
                Progress.Step step = lane.step(cluster.name() + ": look what is there");
                Uninstall.Plan plan = work.in(cluster, place -> new Uninstall(place).plan(purge));
                step.done(plan.removed().size() + " objects to remove, " + plan.kept().size() + " to keep");
                return plan;
            }), purge);
        }
    }

    /** Clusters with something to remove. */
    List<Cluster> toDo() {
        return plans.done().entrySet().stream().filter(each -> !each.getValue().isEmpty()).map(Map.Entry::getKey).toList();
    }

    /** Those that could not be looked at. */
    Map<Cluster, CliError> failed() {
        return new LinkedHashMap<>(plans.failed());
    }

    /** What is touched and what stays, for who is asked. */
    List<String> touched() {
        List<String> lines = new ArrayList<>();
        plans.done().forEach((cluster, plan) -> {
            if (plan.isEmpty()) {
                console.note("cluster " + cluster.name() + (plan.kept().isEmpty() ? " is not installed" : " has nothing left to remove"));
                plan.kept().forEach(kept -> console.note("  kept: " + kept.what() + ", " + kept.why()));
                return;
            }
            lines.add("cluster " + cluster.name() + ": " + plan.removed().size() + " objects:");
            plan.removed().stream().limit(MAX_NAMED).forEach(key -> lines.add("  " + key));
            if (plan.removed().size() > MAX_NAMED) {
                lines.add("  and %d more".formatted(plan.removed().size() - MAX_NAMED));
            }
            endingLinks(cluster).forEach(peer -> lines.add("  the link with " + peer + ", at " + peer + " too"));
        });
        return lines;
    }

    /** The peers that a cluster will not know any more. Without a purge a later installation goes on with its links. */
    List<String> endingLinks(Cluster cluster) {
        Uninstall.Plan plan = plans.done().get(cluster);
        return plan == null || plan.isEmpty() || !purge ? List.of() : plan.peers();
    }

    void carryOut(Cluster cluster, Progress lane) {
        Uninstall.Plan plan = plans.done().get(cluster);
        if (plan == null) {
            return;
        }
        work.in(cluster, place -> {
            new Uninstall(place).carryOut(plan, lane);
            return true;
        });
        plan.kept().forEach(kept -> console.note("cluster " + cluster.name() + " keeps " + kept.what() + ": " + kept.why()));
        if (!purge && plan.kept().size() > plan.released().size()) {
            console.note("to remove that too: meshctl uninstall --purge --cluster " + cluster.name());
        }
        if (!purge) {
            plan.peers().forEach(peer -> console.note("cluster " + cluster.name() + " stays linked with " + peer
                    + " for a later installation; to end that: meshctl link remove " + cluster.name() + " --cluster " + peer));
        }
        plan.notes().forEach(note -> console.warn("cluster " + cluster.name() + ": " + note));
    }
}
