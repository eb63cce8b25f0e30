package dev.meshctl.cli.command.cluster;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.runtime.net.HostPort;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cluster add}: puts a cluster into the fleet; starts nothing. */
@Command(name = "add", description = {
    "Add a cluster to the fleet; nothing is started yet.",
    "A Kubernetes cluster is named by a context of the kubeconfig: of the files given, else of those that KUBECONFIG"
            + " names when a command runs, else of ~/.kube/config."
})
final class ClusterAddCommand extends MeshCommand {
    @Parameters(paramLabel = "NAME", description = "1 to 63 lower-case letters, digits or inner hyphens")
    String name;

    @ArgGroup(multiplicity = "1")
    PlaceOptions place;

    @Option(names = "--kubeconfig", paramLabel = "FILE", split = "[:;]",
            description = "with --context: the kubeconfig; several are merged as kubectl does")
    List<String> kubeconfig = new ArrayList<>();

    @Option(names = "--trust-domain", paramLabel = "DOMAIN", defaultValue = "", description = "default: NAME.mesh")
    String trustDomain;

    @Option(names = "--region", paramLabel = "REGION", defaultValue = "", description = "locality of its workloads; with --local")
    String region;

    @Option(names = "--zone", paramLabel = "ZONE", defaultValue = "", description = "locality of its workloads; with --local")
    String zone;

    @Option(names = "--gateway", paramLabel = "IP:PORT", defaultValue = "",
            description = "where its gateway listens, for clusters that are not on this machine; with --local")
    String gateway;

    @Option(names = "--dry-run", description = "only say what would be done")
    boolean dryRun;

    /** Where the cluster is; exactly one. */
    static final class PlaceOptions {
        @Option(names = "--local", description = "a cluster of daemons on this machine")
        boolean local;

        @Option(names = "--context", paramLabel = "CONTEXT", arity = "0..1", fallbackValue = "",
                description = "a Kubernetes cluster, by context of the kubeconfig (without a name: the current one)")
        @Nullable String context;

        @Option(names = "--in-cluster", description = "the Kubernetes cluster that this pod runs in")
        boolean inCluster;
    }

    ClusterAddCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Platform.NewCluster wanted = wanted();
        if (dryRun) {
            if (context().fleet().find(name).isPresent()) {
                throw CliError.failed("cluster \"" + name + "\" is already in the fleet");
            }
            console().note("would add cluster " + name + " to " + context().fleetFile().path());
            return ExitCode.OK;
        }
        Cluster added = context().platform().add(wanted);
        context().audit().record("fleet", "cluster add " + name);
        if (console().format().isStructured()) {
            console().data(FleetFile.toData(added));
        } else {
            console().out("cluster " + name + " added (" + added.trustDomain() + ", " + where(added) + ")");
            console().err("next: meshctl install --cluster " + name);
        }
        return ExitCode.OK;
    }

    private Platform.NewCluster wanted() {
        String context = place.context;
        if (context == null && !kubeconfig.isEmpty()) {
            throw CliError.usage("--kubeconfig needs --context").next("add --context CONTEXT");
        }
        if (!place.local && !(region.isEmpty() && zone.isEmpty())) {
            throw CliError.usage("--region and --zone are for local clusters")
                    .because("on Kubernetes the nodes' labels say where a workload is");
        }
        if (place.local) {
            return new Platform.NewLocalCluster(name, trustDomain, region, zone, gatewayAddress());
        }
        if (!gateway.isEmpty()) {
            throw CliError.usage("--gateway is for local clusters")
                    .because("on Kubernetes a gateway is reached by its Service, or where the value gateway.advertise says");
        }
        return new Platform.NewKubernetesCluster(name, trustDomain,
                context == null ? new Place.InCluster() : new Place.Context(context, files()));
    }

    private String gatewayAddress() {
        if (gateway.isEmpty()) {
            return "";
        }
        try {
            HostPort address = HostPort.parse(gateway);
            if (InetAddress.ofLiteral(address.host()).isAnyLocalAddress() || address.port() == 0) {
                throw new IllegalArgumentException("others are told to dial it, so it must be one address and one port");
            }
            return address.toString();
        } catch (IllegalArgumentException e) {
            throw CliError.usage("--gateway \"" + gateway + "\": " + e.getMessage()).next("for example: --gateway 10.1.2.3:15443");
        }
    }

    private List<Path> files() {
        return kubeconfig.stream().filter(file -> !file.isBlank())
                .map(file -> context().environment().workingDirectory().resolve(file).toAbsolutePath().normalize())
                .distinct().toList();
    }

    private static String where(Cluster cluster) {
        return switch (cluster.place()) {
            case Place.Local local -> local.range().isEmpty() ? "127.0.0.1" : local.range() + ".0.0/16";
            case Place.Kubernetes kubernetes -> kubernetes.inWords();
        };
    }
}
