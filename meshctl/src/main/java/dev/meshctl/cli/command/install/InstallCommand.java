package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.YamlText;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code install}: makes clusters run; again: repairs them. */
@Command(name = "install", description = {
    "Install and start the mesh in clusters of the fleet.",
    "Several clusters are installed at the same time; one that fails stops no other.",
    "Running it again resumes or repairs: what runs is left alone. On Kubernetes, settings that are given replace those",
    "of before; without any, those of before are kept. With --dry-run -o yaml it prints all objects, and asks no cluster."
})
public final class InstallCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    @Mixin
    ValuesOptions values = new ValuesOptions();

    @Mixin
    ApplyOptions apply = new ApplyOptions();

    @Option(names = "--with-crds", paramLabel = "FILE",
            description = "also apply the CustomResourceDefinitions of this manifest, as those of Gateway API (Kubernetes)")
    List<String> crds = new ArrayList<>();

    InstallCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = clusters.several(context());
        List<Cluster> kubernetes = chosen.stream().filter(context().kubernetes()::includes).toList();
        List<Cluster> local = chosen.stream().filter(cluster -> !kubernetes.contains(cluster)).toList();
        InstallIntents intents = new InstallIntents(values.read(context().environment()), apply.conflicts(), crds,
                context().environment());
        if (change.isDryRun() && console().format().isStructured() && !kubernetes.isEmpty()) {
            render(kubernetes, intents);
            return ExitCode.OK;
        }
        KubernetesWork work = new KubernetesWork(context(), console(), apply.patience());
        EachCluster.Outcome<Prepared> prepared = kubernetes.isEmpty() ? new EachCluster.Outcome<>(Map.of(), Map.of())
                : work.prepare(kubernetes, intents);
        work.tell(prepared.done());
        prepared = work.allowed(prepared, apply.ignorePrechecks);
        return install(local, work, prepared, chosen);
    }

    private int install(List<Cluster> local, KubernetesWork work, EachCluster.Outcome<Prepared> prepared, List<Cluster> chosen)
            throws InterruptedException {
        List<String> touched = new ArrayList<>(local.stream().filter(c -> !context().platform().processes(c).allReady())
                .map(InstallCommand::describe).toList());
        Map<Cluster, Prepared> toDo = new LinkedHashMap<>(prepared.done());
        toDo.values().removeIf(Prepared::isDone);
        touched.addAll(KubernetesWork.touched(toDo));
        if (!touched.isEmpty() && !change.confirm(console(), "install", touched)) {
            prepared.throwFailure("install");
            return ExitCode.OK;
        }
        List<Cluster> ready = chosen.stream().filter(c -> local.contains(c) || prepared.done().containsKey(c)).toList();
        EachCluster.Outcome<Boolean> outcome;
        try (Signals.Registration interrupt = Signals.onInterrupt(console(), "what is started goes on starting",
                        "meshctl install --cluster " + String.join(",", chosen.stream().map(Cluster::name).toList()));
                Progress progress = console().progress()) {
            outcome = EachCluster.run(ready, progress, (cluster, lane) -> {
                Prepared onKubernetes = prepared.done().get(cluster);
                return onKubernetes == null ? install(cluster, lane) : install(cluster, work, onKubernetes, lane);
            });
        }
        Map<Cluster, CliError> failed = new LinkedHashMap<>(prepared.failed());
        failed.putAll(outcome.failed());
        outcome = new EachCluster.Outcome<>(outcome.done(), failed);
        if (console().format().isStructured()) {
            console().data(data(outcome));
        }
        outcome.throwFailure("install");
        return ExitCode.OK;
    }

    /** For Git: needs no cluster, and says the same each time. */
    private void render(List<Cluster> kubernetes, InstallIntents intents) {
        List<RenderedObject> objects = new ArrayList<>();
        kubernetes.forEach(cluster -> objects.addAll(Release.of(cluster.name(), List.of(intents.first(cluster))).objects()));
        if (console().format() == OutputFormat.YAML) {
            console().out(YamlText.write(objects.stream().map(RenderedObject::tree).toList()).stripTrailing());
        } else {
            console().data(objects.stream().map(RenderedObject::tree).toList());
        }
    }

    private boolean install(Cluster cluster, Progress lane) {
        boolean changed = !change.isDryRun() && context().platform().install(cluster, lane);
        return told(cluster, changed);
    }

    private boolean install(Cluster cluster, KubernetesWork work, Prepared prepared, Progress lane) {
        boolean changed = !prepared.isDone();
        work.in(cluster, place -> {
            Installer installer = new Installer(place);
            if (changed) {
                installer.carryOut(prepared, lane);
            } else {
                installer.await(prepared, lane);
            }
            return true;
        });
        return told(cluster, changed);
    }

    private boolean told(Cluster cluster, boolean changed) {
        if (changed) {
            context().audit().record(cluster.name(), "install");
            console().note("cluster " + cluster.name() + " is ready");
        } else {
            console().note("cluster " + cluster.name() + " is already installed and ready");
        }
        return changed;
    }

    private static List<Map<String, Object>> data(EachCluster.Outcome<Boolean> outcome) {
        List<Map<String, Object>> results = new ArrayList<>();
        outcome.done().forEach((cluster, changed) -> results.add(result(cluster, changed ? "installed" : "unchanged")));
        outcome.failed().forEach((cluster, error) -> results.add(result(cluster, "failed")));
        return results;
    }

    private static Map<String, Object> result(Cluster cluster, String action) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("cluster", cluster.name());
        result.put("action", action);
        return result;
    }

    private static String describe(Cluster cluster) {
        return "cluster " + cluster.name() + ": trust-bridge, control-plane, federation-gateway, mesh-proxy in "
                + cluster.directory();
    }
}
