package dev.meshctl.cli.command.link;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.link.Linker;
import dev.meshctl.cli.output.Suggestion;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code link remove}: on this side, and on the other where it can be reached. */
@Command(name = "remove", aliases = "rm", description = "Remove a link; on the other side too, where the fleet knows it.")
final class LinkRemoveCommand extends MeshCommand {
    @Parameters(paramLabel = "PEER", description = "the cluster at the other end")
    String peer;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    LinkRemoveCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Cluster cluster = clusters.one(context());
        Linker linker = new Linker(context().connections());
        List<String> peers = new ControlPlane(context().connections(), cluster).links().stream()
                .map(link -> link.getPeer()).toList();
        if (!peers.contains(peer)) {
            throw CliError.failed("cluster " + cluster.name() + " has no link with \"" + peer + "\"")
                    .next(Suggestion.nearest(peer, peers).map(near -> "did you mean \"" + near + "\"?")
                            .orElse("meshctl link list --cluster " + cluster.name()));
        }
        if (!change.confirm(console(), "remove the link of " + cluster.name() + " and " + peer,
                List.of("calls between the two stop working", "each forgets the other's bundle and exports"))) {
            return ExitCode.OK;
        }
        linker.remove(cluster, peer);
        context().audit().record(cluster.name(), "link remove " + peer);
        Optional<Cluster> other = context().fleet().find(peer);
        try {
            other.filter(c -> linker.find(c, cluster.name()).isPresent()).ifPresent(c -> linker.remove(c, cluster.name()));
        } catch (CliError e) {
            console().warn("the link stays at " + peer + ": " + e.why());
        }
        console().note("link of " + cluster.name() + " and " + peer + " removed");
        return ExitCode.OK;
    }
}
