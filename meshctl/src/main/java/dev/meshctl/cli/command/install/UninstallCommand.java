package dev.meshctl.cli.command.install;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.Upgrade;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code uninstall}: stops clusters and removes their data; peers forget the link. */
@Command(name = "uninstall", description = {
    "Stop the mesh of clusters and remove its data; the fleet still knows them.",
    "On Kubernetes it removes what was installed; the CA, the bundles of links and kinds of which users have objects stay,",
    "unless --purge is given."
})
public final class UninstallCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    @Mixin
    ApplyOptions apply = new ApplyOptions();

    @Option(names = "--purge", description = "also remove the CA and all objects of the mesh that users made (Kubernetes)")
    boolean purge;

    @Option(names = "--revision", paramLabel = "NAME", description = "only this control plane, which is not the promoted one (Kubernetes)")
    String revision = "";

    UninstallCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = clusters.several(context());
        if (!revision.isEmpty()) {
            return withoutRevision(chosen);
        }
        List<Cluster> onKubernetes = chosen.stream().filter(context().kubernetes()::includes).toList();
        KubernetesUninstall kubernetes = KubernetesUninstall.look(context(), console(), apply, onKubernetes, purge);
        List<String> touched = new ArrayList<>();
        Map<Cluster, List<String>> links = new LinkedHashMap<>();
        for (Cluster cluster : chosen) {
            if (onKubernetes.contains(cluster)) {
                continue;
            }
            if (context().platform().processes(cluster).installed()) {
                touched.add("cluster " + cluster.name() + ": all processes, and " + cluster.directory());
                links.put(cluster, peers(cluster));
                links.getOrDefault(cluster, List.of()).forEach(peer -> touched.add("its link with " + peer));
            } else {
                console().note("cluster " + cluster.name() + " is not installed");
            }
        }
        touched.addAll(kubernetes.touched());
        if (touched.isEmpty() || !change.confirm(console(), "uninstall", touched)) {
            new EachCluster.Outcome<>(Map.of(), kubernetes.failed()).throwFailure("uninstall");
            return ExitCode.OK;
        }
        List<Cluster> toDo = Stream.concat(links.keySet().stream(), kubernetes.toDo().stream()).toList();
        Set<Cluster> leaving = purge ? Set.copyOf(toDo) : links.keySet();
        EachCluster.Outcome<Boolean> outcome;
        try (Signals.Registration interrupt = Signals.onInterrupt(console(), "what is not removed yet stays",
                        "meshctl uninstall " + (purge ? "--purge " : "") + "--cluster " + String.join(",", toDo.stream().map(Cluster::name).toList()));
                Progress progress = console().progress()) {
            outcome = EachCluster.run(toDo, progress, (cluster, lane) -> {
                if (onKubernetes.contains(cluster)) {
                    unlink(cluster, kubernetes.endingLinks(cluster), leaving);
                    kubernetes.carryOut(cluster, lane);
                } else {
                    unlink(cluster, links.getOrDefault(cluster, List.of()), leaving);
                    context().platform().uninstall(cluster, lane);
                }
                context().audit().record(cluster.name(), "uninstall");
                console().note("cluster " + cluster.name() + " is uninstalled");
                return true;
            });
        }
        if (console().format().isStructured()) {
            console().data(outcome.done().keySet().stream()
                    .map(cluster -> Map.of("cluster", cluster.name(), "action", "uninstalled")).toList());
        }
        Map<Cluster, CliError> failed = kubernetes.failed();
        failed.putAll(outcome.failed());
        new EachCluster.Outcome<>(outcome.done(), failed).throwFailure("uninstall");
        return ExitCode.OK;
    }

    private int withoutRevision(List<Cluster> chosen) throws InterruptedException {
        KubernetesOnly.require(context(), chosen, "--revision");
        if (purge) {
            throw CliError.usage("--purge and --revision exclude each other");
        }
        return new KubernetesChange(context(), console(), change, apply, "uninstall").run(chosen,
                (cluster, place) -> new KubernetesWork.Intent(
                        new Upgrade(place, Version.current()).without(revision, apply.conflicts())), true,
                (cluster, place, prepared, lane) -> new Installer(place).carryOut(prepared, lane));
    }

    // Who is uninstalled as well needs not forget the link first.
    private void unlink(Cluster cluster, List<String> peers, Set<Cluster> leaving) {
        Fleet fleet = context().fleet();
        for (String peer : peers) {
            Optional<Cluster> known = fleet.find(peer);
            if (known.isEmpty()) {
                console().warn("the link stays on the other side: ask its owner to run: meshctl link remove " + cluster.name());
                continue;
            }
            if (!leaving.contains(known.get())) {
                unlinkAt(known.get(), cluster.name());
            }
        }
    }

    private void unlinkAt(Cluster peer, String gone) {
        try {
            if (!context().platform().processes(peer).installed()) {
                return;
            }
            new ControlPlane(context().connections(), peer).call("cannot remove the link",
                    admin -> admin.removeLink(RemoveLinkRequest.newBuilder().setPeer(gone).build()));
        } catch (CliError e) {
            console().warn("the link stays at " + peer.name() + " (" + e.why() + "); later: meshctl link remove " + gone
                    + " --cluster " + peer.name());
        }
    }

    // A cluster that does not answer can still be uninstalled; its links are then unknown.
    private List<String> peers(Cluster cluster) {
        if (!context().platform().processes(cluster).allReady()) {
            return List.of();
        }
        try {
            return new ControlPlane(context().connections(), cluster).links().stream().map(LinkView::getPeer).toList();
        } catch (CliError e) {
            console().warn("cannot see the links of " + cluster.name() + ": " + e.why());
            return List.of();
        }
    }
}
