package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.Progress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A change of clusters on Kubernetes from the first look to the last line: look, tell, ask, do, tell. */
final class KubernetesChange {
    private final Context context;
    private final Console console;
    private final ChangeOptions change;
    private final ApplyOptions apply;
    private final String verb;

    /** @param verb as typed, as {@code upgrade} */
    KubernetesChange(Context context, Console console, ChangeOptions change, ApplyOptions apply, String verb) {
        this.context = context;
        this.console = console;
        this.change = change;
        this.apply = apply;
        this.verb = verb;
    }

    /** The change in one cluster. */
    @FunctionalInterface
    interface Work {
        Object in(Cluster cluster, TargetCluster place, Prepared prepared, Progress lane);
    }

    /** @param diff whether the difference is shown first */
    int run(List<Cluster> chosen, KubernetesWork.Intents intents, boolean diff, Work doing) throws InterruptedException {
        KubernetesWork work = new KubernetesWork(context, console, apply.patience());
        EachCluster.Outcome<Prepared> looked = work.prepare(chosen, intents);
        boolean told = !console.format().isStructured() || change.isDryRun();
        if (diff && told) {
            ChangeReport.print(console, looked.done());
        }
        work.tell(looked.done());
        EachCluster.Outcome<Prepared> allowed = work.allowed(looked, apply.ignorePrechecks);
        Map<Cluster, Prepared> toDo = new LinkedHashMap<>(allowed.done());
        toDo.values().removeIf(Prepared::isDone);
        allowed.done().keySet().stream().filter(cluster -> !toDo.containsKey(cluster))
                .forEach(cluster -> console.note("cluster " + cluster.name() + " is already as it should be"));
        if (toDo.isEmpty() || !change.confirm(console, verb, KubernetesWork.touched(toDo))) {
            allowed.throwFailure(verb);
            return ExitCode.OK;
        }
        return carryOut(work, allowed, toDo, doing);
    }

    private int carryOut(KubernetesWork work, EachCluster.Outcome<Prepared> allowed, Map<Cluster, Prepared> toDo, Work doing)
            throws InterruptedException {
        EachCluster.Outcome<Object> outcome;
        try (Signals.Registration interrupt = Signals.onInterrupt(console, "what is applied stays applied",
                        "run the same command again, which goes on from there, or: meshctl rollback");
                Progress progress = console.progress()) {
            outcome = EachCluster.run(List.copyOf(toDo.keySet()), progress, (cluster, lane) -> work.in(cluster, place -> {
                Prepared prepared = Objects.requireNonNull(toDo.get(cluster));
                Object done = doing.in(cluster, place, prepared, lane);
                context.audit().record(cluster.name(), prepared.wanted().what());
                console.note("cluster " + cluster.name() + ": " + prepared.wanted().what() + ": done");
                return done;
            }));
        }
        Map<Cluster, CliError> failed = new LinkedHashMap<>(allowed.failed());
        failed.putAll(outcome.failed());
        if (console.format().isStructured()) {
            console.data(allowed.done().keySet().stream().map(cluster -> Map.of("cluster", cluster.name(), "action",
                    outcome.done().containsKey(cluster) ? verb : failed.containsKey(cluster) ? "failed" : "unchanged")).toList());
        }
        new EachCluster.Outcome<>(outcome.done(), failed).throwFailure(verb);
        return ExitCode.OK;
    }
}
