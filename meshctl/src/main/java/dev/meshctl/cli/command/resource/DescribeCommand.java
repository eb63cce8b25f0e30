package dev.meshctl.cli.command.resource;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Style;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code describe}: all that a cluster knows of one service. */
@Command(name = "describe", description = "Show all that a cluster knows of a service: where it runs, its routes, policies, shift and export.")
public final class DescribeCommand extends MeshCommand {
    private static final List<String> KINDS = List.of("Service", "GRPCRoute", "HTTPRoute", "TLSRoute", "TCPRoute",
            "TrafficPolicy", "AccessPolicy", "TrafficShift", "ServiceExport", "ServiceImport");

    @Parameters(paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    DescribeCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        ServiceName name = namespace.service(service);
        ControlPlane plane = new ControlPlane(context().connections(), clusters.one(context()));
        ServiceView view = plane.service(name);
        Map<String, List<ObjectNode>> related = new LinkedHashMap<>();
        for (String kind : KINDS) {
            List<ObjectNode> found = plane.getIfKnown(kind, name.namespace()).stream().filter(r -> concerns(r, name)).toList();
            if (!found.isEmpty()) {
                related.put(kind, found);
            }
        }
        if (console().format().isStructured()) {
            console().data(Map.of("service", name.toString(), "cluster", plane.cluster().name(), "resources", related));
        } else {
            print(name, plane.cluster().name(), view, related);
        }
        return ExitCode.OK;
    }

    private static boolean concerns(JsonNode resource, ServiceName name) {
        JsonNode spec = resource.path("spec");
        if (resource.path("metadata").path("name").asString("").equals(name.name())
                || spec.path("service").asString("").equals(name.name())) {
            return true;
        }
        for (JsonNode parent : spec.path("parentRefs")) {
            if (parent.path("name").asString("").equals(name.name())) {
                return true;
            }
        }
        return false;
    }

    private void print(ServiceName name, String cluster, ServiceView view, Map<String, List<ObjectNode>> related) {
        console().out(console().paint(Style.BOLD, name + " in cluster " + cluster));
        console().out("ports: " + view.getPortsList() + ", " + (view.getExported() ? "exported" : "not exported"));
        for (ServiceSource source : view.getSourcesList()) {
            console().out("from " + (source.getLocal() ? "here" : source.getCluster()) + (source.getStale() ? " (stale)" : "") + ":");
            for (VersionView version : source.getVersionsList()) {
                console().out("  " + (version.getVersion().isEmpty() ? "(no version)" : version.getVersion()) + ": "
                        + version.getReady() + " of " + version.getTotal() + " ready, " + version.getWeightPercent() + " %");
            }
        }
        related.forEach((kind, resources) -> resources.forEach(resource -> {
            console().out("");
            console().out(console().paint(Style.BOLD, kind + " " + resource.path("metadata").path("name").asString("")));
            ObjectNode shown = resource.deepCopy();
            shown.remove(List.of("apiVersion", "kind", "metadata"));
            if (!shown.isEmpty()) {
                context().console(OutputFormat.YAML).data(shown);
            }
        }));
    }
}
