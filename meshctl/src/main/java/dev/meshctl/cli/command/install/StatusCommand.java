package dev.meshctl.cli.command.install;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.InParallel;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.connect.ReportedVersions;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Count;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.platform.Platform.ComponentProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code status}: processes, what the control plane says, and links. */
@Command(name = "status", description = {
    "Show what runs, where, and whether it is ready.", "Exits 1 when anything is not ready."
})
public final class StatusCommand extends MeshCommand {
    /** Looking at the processes, and a few calls to the parts of the mesh. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private record Report(Cluster cluster, ClusterProcesses processes, Optional<StatusResponse> status,
            List<LinkView> links, ReportedVersions versions, String problem) {
        boolean ready() {
            return processes.allReady() && problem.isEmpty();
        }
    }

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    StatusCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        List<Report> reports = InParallel.ask(clusters.severalOrAll(context()), LIMIT, this::report).stream()
                .map(StatusCommand::of).toList();
        if (console().format().isStructured()) {
            console().data(reports.stream().map(StatusCommand::data).toList());
        } else {
            print(reports);
        }
        return reports.stream().allMatch(Report::ready) ? ExitCode.OK : ExitCode.FAILED;
    }

    private static Report of(InParallel.Answer<Report> answer) {
        return switch (answer) {
            case InParallel.Given<Report>(Cluster cluster, Report report) -> report;
            case InParallel.Missing<Report>(Cluster cluster, CliError error) -> unreachable(cluster,
                    ClusterProcesses.unreachable(error.what() + (error.why().isEmpty() ? "" : ": " + error.why())));
        };
    }

    private static Report unreachable(Cluster cluster, ClusterProcesses processes) {
        return new Report(cluster, processes, Optional.empty(), List.of(), ReportedVersions.none(cluster),
                "unreachable: " + processes.problem());
    }

    private Report report(Cluster cluster) {
        ClusterProcesses processes = context().platform().processes(cluster);
        if (!processes.reachable()) {
            return unreachable(cluster, processes);
        }
        if (!processes.installed()) {
            return new Report(cluster, processes, Optional.empty(), List.of(), ReportedVersions.none(cluster), "not installed");
        }
        ControlPlane plane = new ControlPlane(context().connections(), cluster);
        try {
            StatusResponse status = plane.call("cannot ask for the status",
                    admin -> admin.status(StatusRequest.getDefaultInstance()));
            return new Report(cluster, processes, Optional.of(status), plane.links(), versions(cluster), "");
        } catch (CliError e) {
            return new Report(cluster, processes, Optional.empty(), List.of(), versions(cluster), e.what() + ": " + e.why());
        }
    }

    private ReportedVersions versions(Cluster cluster) {
        return ReportedVersions.ask(context().connections(), cluster);
    }

    private void print(List<Report> reports) {
        List<ComponentTable.Row> rows = new ArrayList<>();
        reports.forEach(r -> r.processes().components()
                .forEach(c -> rows.add(new ComponentTable.Row(r.cluster().name(), c, r.versions().of(c)))));
        console().print(ComponentTable.TABLE, rows, "nothing is installed");
        for (Report report : reports) {
            problems(report).forEach(problem -> console().longErr(report.cluster().name() + ": " + problem));
            report.status().map(StatusResponse::getGatewayProblem).filter(problem -> !problem.isEmpty())
                    .ifPresent(problem -> console().longNote("%s: the gateway cannot be dialled by other clusters: %s"
                            .formatted(report.cluster().name(), problem)));
            report.status().ifPresent(status -> console().longNote("%s: %s, %s, %s, %s, links: %s"
                    .formatted(report.cluster().name(), status.getTrustDomain(),
                            Count.of(status.getServices(), "service"), Count.of(status.getWorkloads(), "workload"),
                            Count.of(status.getProxiesConnected(), "proxy"), links(report.links()))));
        }
    }

    /** What is wrong, and at the end what to do about it. */
    private static List<String> problems(Report report) {
        List<String> problems = new ArrayList<>();
        if (!report.problem().isEmpty()) {
            problems.add(report.problem());
        }
        if (report.processes().installed() && !report.processes().supervised()) {
            problems.add("nothing restarts its daemons: the supervisor does not run");
        }
        if (!report.cluster().isLocal()) {
            report.processes().components().stream().filter(process -> !process.ready() && !process.lastExit().isEmpty())
                    .forEach(process -> problems.add(process.name() + " is not ready: " + process.lastExit()));
            if (!report.ready()) {
                problems.add("next: " + (!report.processes().reachable() ? "meshctl cluster list"
                        : report.processes().installed() ? "kubectl describe pods --namespace mesh-system"
                        : "meshctl install --cluster " + report.cluster().name()));
            }
            return problems;
        }
        report.processes().components().stream().filter(ComponentProcess::crashLoop).forEach(process ->
                problems.add(process.name() + " keeps ending, " + process.restarts() + " times so far: " + process.lastExit()));
        if (!problems.isEmpty()) {
            problems.add("next: meshctl install --cluster " + report.cluster().name());
        }
        return problems;
    }

    private static String links(List<LinkView> links) {
        return links.isEmpty() ? "none"
                : String.join(", ", links.stream().map(link -> link.getPeer() + " " + link.getPhase() + " ("
                        + (link.getPeerVersion().isEmpty() ? "version unknown" : link.getPeerVersion()) + ")").toList());
    }

    private static Map<String, Object> data(Report report) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("cluster", report.cluster().name());
        data.put("trustDomain", report.cluster().trustDomain().name());
        data.put("platform", report.cluster().place().platform());
        data.put("reachable", report.processes().reachable());
        data.put("kubernetesVersion", report.processes().platformVersion());
        data.put("meshVersion", report.processes().meshVersion());
        data.put("installed", report.processes().installed());
        data.put("supervised", report.processes().supervised());
        data.put("ready", report.ready());
        data.put("problem", report.problem());
        data.put("components", report.processes().components().stream()
                .map(process -> ComponentTable.data(process, report.versions().of(process))).toList());
        report.status().ifPresent(status -> {
            data.put("services", status.getServices());
            data.put("workloads", status.getWorkloads());
            data.put("proxiesConnected", status.getProxiesConnected());
            data.put("trustBridgeConnected", status.getTrustBridgeConnected());
            data.put("gatewayConnected", status.getGatewayConnected());
            data.put("gatewayAddresses", List.copyOf(status.getGatewayAddressesList()));
            data.put("gatewayProblem", status.getGatewayProblem());
            data.put("counters", status.getCountersMap());
        });
        data.put("links", report.links().stream().map(link -> Map.of(
                "peer", link.getPeer(), "phase", link.getPhase(), "reason", link.getReason(),
                "peerVersion", link.getPeerVersion())).toList());
        return data;
    }
}
