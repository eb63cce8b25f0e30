package dev.meshctl.cli.bugreport;

import dev.meshctl.api.proto.admin.AdminGrpc.AdminBlockingStub;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.proxy.StatsRequest;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Data;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.proxy.ProxyConfigs;
import dev.meshctl.cli.proxy.ProxyRef;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What the mesh itself says, the same on every platform. */
final class MeshPieces {
    private static final int CALL_SECONDS = 10;
    private static final int MAX_PROXIES = 10;
    private static final List<String> KINDS = List.of("Mesh", "Service", "Workload", "HTTPRoute", "ServiceExport", "ServiceImport",
            "TrafficPolicy", "AccessPolicy", "TrafficShift", "MeshLink");

    private final Connections connections;
    private final Platform platform;
    private final FleetProxies proxies;

    MeshPieces(Connections connections, Platform platform, FleetProxies proxies) {
        this.connections = connections;
        this.platform = platform;
        this.proxies = proxies;
    }

    void gather(Gathering to) throws InterruptedException {
        Cluster cluster = to.cluster();
        to.text("processes.json", () -> processes(platform.processes(cluster)));
        to.text("status.txt", () -> admin(cluster).status(StatusRequest.getDefaultInstance()).toString());
        to.text("services.txt", () -> admin(cluster).listServices(ListServicesRequest.getDefaultInstance()).toString());
        to.text("links.txt", () -> admin(cluster).listLinks(ListLinksRequest.getDefaultInstance()).toString());
        to.text("trust.txt", () -> connections.trust(cluster).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS)
                .status(TrustStatusRequest.getDefaultInstance()).toString());
        for (String kind : KINDS) {
            to.objects("resources/" + kind + ".yaml", () -> resources(cluster, kind));
        }
        proxies(to);
    }

    private AdminBlockingStub admin(Cluster cluster) {
        return connections.admin(cluster).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    private List<ObjectNode> resources(Cluster cluster, String kind) {
        return admin(cluster).get(GetRequest.newBuilder().setKind(kind).build()).getResourcesList().stream()
                .map(json -> (ObjectNode) JsonMapper.shared().readTree(json)).toList();
    }

    private void proxies(Gathering to) throws InterruptedException {
        List<ProxyView> views = to.find("proxies", () -> proxies.views(to.cluster()));
        if (views == null) {
            return;
        }
        StringBuilder all = new StringBuilder();
        views.forEach(view -> all.append(view).append('\n'));
        to.text("proxies.txt", all::toString);
        ProxyConfigs configs = new ProxyConfigs(proxies);
        for (ProxyRef proxy : chosen(to.cluster(), views)) {
            String directory = "proxies/" + proxy.name() + "/";
            to.text(directory + "config.json", () -> Data.write(OutputFormat.JSON,
                    configs.read(proxy, new ProxyConfigs.Views(views, "")).toData()));
            to.text(directory + "stats.txt", () -> proxies.ask(proxy, "cannot read its counters",
                    admin -> admin.stats(StatsRequest.getDefaultInstance())).getText());
        }
    }

    /** Those that are not well first. */
    private static List<ProxyRef> chosen(Cluster cluster, List<ProxyView> views) {
        if (cluster.isLocal()) {
            return List.of(new ProxyRef.Hosting(cluster, "", "", ""));
        }
        List<ProxyView> ordered = new ArrayList<>(views.stream().filter(view -> !isWell(view)).toList());
        ordered.addAll(views.stream().filter(MeshPieces::isWell).toList());
        return ordered.stream().flatMap(view -> ProxyRef.Sidecar.of(cluster, view.getNode(), view.getIdentity()).stream())
                .limit(MAX_PROXIES).map(ProxyRef.class::cast).toList();
    }

    private static boolean isWell(ProxyView view) {
        return view.getConnected() && view.getTypesList().stream().allMatch(type -> type.getPending() == 0 && type.getNacked() == 0);
    }

    private static String processes(ClusterProcesses processes) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("problem", processes.problem());
        data.put("installed", processes.installed());
        data.put("kubernetesVersion", processes.platformVersion());
        data.put("meshVersion", processes.meshVersion());
        data.put("components", processes.components().stream().map(each -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("name", each.name());
            one.put("ready", each.ready());
            one.put("restarts", each.restarts());
            one.put("lastExit", each.lastExit());
            one.put("startedEpochMs", each.startedEpochMs());
            one.put("listen", each.listen());
            one.put("image", each.image());
            return one;
        }).toList());
        return Data.write(OutputFormat.JSON, data);
    }
}
