package dev.meshctl.cli.command.install;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.output.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code uninstall}: stops clusters and removes their data; peers forget the link. */
@Command(name = "uninstall", description = "Stop the mesh of clusters and remove its data; the fleet still knows them.")
public final class UninstallCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    UninstallCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = clusters.several(context());
        List<String> touched = new ArrayList<>();
        Map<Cluster, List<String>> links = new LinkedHashMap<>();
        for (Cluster cluster : chosen) {
            if (context().platform().processes(cluster).installed()) {
                touched.add("cluster " + cluster.name() + ": all processes, and " + cluster.directory());
                links.put(cluster, peers(cluster));
                links.getOrDefault(cluster, List.of()).forEach(peer -> touched.add("its link with " + peer));
            } else {
                console().note("cluster " + cluster.name() + " is not installed");
            }
        }
        if (touched.isEmpty() || !change.confirm(console(), "uninstall", touched)) {
            return ExitCode.OK;
        }
        EachCluster.Outcome<Boolean> outcome;
        try (Signals.Registration interrupt = Signals.onInterrupt(console(), "what is not removed yet stays",
                        "meshctl uninstall --cluster " + String.join(",", links.keySet().stream().map(Cluster::name).toList()));
                Progress progress = console().progress()) {
            outcome = EachCluster.run(List.copyOf(links.keySet()), progress, (cluster, lane) -> {
                unlink(cluster, links.getOrDefault(cluster, List.of()), links.keySet());
                context().platform().uninstall(cluster, lane);
                context().audit().record(cluster.name(), "uninstall");
                console().note("cluster " + cluster.name() + " is uninstalled");
                return true;
            });
        }
        if (console().format().isStructured()) {
            console().data(outcome.done().keySet().stream()
                    .map(cluster -> Map.of("cluster", cluster.name(), "action", "uninstalled")).toList());
        }
        outcome.throwFailure("uninstall");
        return ExitCode.OK;
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
        if (!context().platform().processes(peer).installed()) {
            return;
        }
        try {
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
