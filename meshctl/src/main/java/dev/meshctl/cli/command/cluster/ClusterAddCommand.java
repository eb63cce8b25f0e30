package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.platform.Platform;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cluster add}: puts a cluster into the fleet; starts nothing. */
@Command(name = "add", description = "Add a cluster to the fleet; nothing is started yet.")
final class ClusterAddCommand extends MeshCommand {
    @Parameters(paramLabel = "NAME", description = "1 to 63 lower-case letters, digits or inner hyphens")
    String name;

    @Option(names = "--local", required = true, description = "a cluster of daemons on this machine")
    boolean local;

    @Option(names = "--trust-domain", paramLabel = "DOMAIN", defaultValue = "", description = "default: NAME.mesh")
    String trustDomain;

    @Option(names = "--region", paramLabel = "REGION", defaultValue = "", description = "locality of its workloads")
    String region;

    @Option(names = "--zone", paramLabel = "ZONE", defaultValue = "", description = "locality of its workloads")
    String zone;

    @Option(names = "--dry-run", description = "only say what would be done")
    boolean dryRun;

    ClusterAddCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        if (dryRun) {
            if (context().fleet().find(name).isPresent()) {
                throw CliError.failed("cluster \"" + name + "\" is already in the fleet");
            }
            console().note("would add cluster " + name + " to " + context().fleetFile().path());
            return ExitCode.OK;
        }
        Cluster added = context().platform().add(new Platform.NewCluster(name, trustDomain, region, zone));
        context().audit().record("fleet", "cluster add " + name);
        if (console().format().isStructured()) {
            console().data(FleetFile.toData(added));
        } else {
            console().out("cluster " + name + " added (" + added.trustDomain() + ", "
                    + (added.range().isEmpty() ? "127.0.0.1" : added.range() + ".0.0/16") + ")");
            console().err("next: meshctl install --cluster " + name);
        }
        return ExitCode.OK;
    }
}
