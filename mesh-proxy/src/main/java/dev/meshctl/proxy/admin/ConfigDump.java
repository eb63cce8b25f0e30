package dev.meshctl.proxy.admin;

import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.proxy.balance.EndpointSpec;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.config.ConfigStatus;
import dev.meshctl.proxy.config.HostView;
import dev.meshctl.proxy.config.MeshConfig;
import dev.meshctl.proxy.config.ResourceType;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.host.Workload;
import dev.meshctl.proxy.route.CompiledBackend;
import dev.meshctl.proxy.route.CompiledRoute;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.runtime.net.HostPort;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What this proxy has and does, as JSON for people and tools: workloads with listeners and identities, hosts with
 * routes, endpoints and their state, versions. Never keys or tokens.
 */
final class ConfigDump {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final MeshConfig config;
    private final String node;
    private final String cluster;

    ConfigDump(MeshConfig config, String node, String cluster) {
        this.config = config;
        this.node = node;
        this.cluster = cluster;
    }

    String write(List<Workload> workloads) {
        ConfigStatus status = config.status();
        ObjectNode dump = JSON.createObjectNode();
        dump.put("node", node);
        dump.put("cluster", cluster);
        controlPlane(dump.putObject("controlPlane"), status);
        settings(dump.putObject("settings"), config.settings());
        bundles(dump.putArray("bundles"));
        ArrayNode hosted = dump.putArray("workloads");
        workloads.forEach(workload -> workload(hosted.addObject(), workload));
        ArrayNode hosts = dump.putArray("hosts");
        config.hosts().forEach(host -> host(hosts.addObject(), host, status));
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(dump);
    }

    private static void controlPlane(ObjectNode to, ConfigStatus status) {
        to.put("connected", status.connected());
        to.put("error", status.error());
        to.put("reconnects", status.reconnects());
        ObjectNode types = to.putObject("types");
        status.types().forEach((type, one) -> {
            ObjectNode view = types.putObject(type.shortName());
            view.put("subscriptions", one.subscriptions());
            view.put("nacks", one.nacks());
            view.put("lastNack", one.lastNack());
            ObjectNode versions = view.putObject("versions");
            one.versions().entrySet().stream().sorted(Map.Entry.comparingByKey())
                    .forEach(entry -> versions.put(entry.getKey(), entry.getValue()));
        });
    }

    private static void settings(ObjectNode to, Settings settings) {
        to.put("permissive", settings.getPermissive());
        to.put("accessLog", settings.getAccessLog());
        to.put("telemetryWindowMs", settings.getTelemetryWindowMs());
        to.put("idleUnsubscribeMs", settings.getIdleUnsubscribeMs());
        to.put("region", settings.getRegion());
        to.put("zone", settings.getZone());
    }

    private void bundles(ArrayNode to) {
        config.bundles().current().byTrustDomain().forEach((trustDomain, bundle) -> {
            ObjectNode view = to.addObject();
            view.put("trustDomain", trustDomain.name());
            view.put("sequence", bundle.sequence());
            view.put("authorities", bundle.authorities().size());
        });
    }

    private static void workload(ObjectNode to, Workload workload) {
        to.put("id", workload.id());
        to.put("service", workload.toProto().getService());
        to.put("namespace", workload.toProto().getNamespace());
        to.put("version", workload.scope().version());
        to.put("identity", workload.scope().identity().toString());
        to.put("svidNotAfter", workload.svidNotAfter().toString());
        to.put("probe", workload.isProbe());
        to.put("ready", workload.isReady());
        to.put("draining", workload.isDraining());
        ObjectNode listeners = to.putObject("listeners");
        listeners.put("outbound", HostPort.of(workload.outboundAddress()).toString());
        workload.inboundAddress().ifPresent(at -> listeners.put("inbound", HostPort.of(at).toString()));
        ArrayNode upstreams = listeners.putArray("upstreams");
        workload.upstreams().forEach(up -> upstreams.addObject()
                .put("host", up.host())
                .put("port", up.port())
                .put("listen", HostPort.of(up.address()).toString()));
        ArrayNode ports = to.putArray("ports");
        workload.toProto().getPortsList().forEach(port -> ports.addObject()
                .put("servicePort", port.getServicePort())
                .put("appPort", port.getAppPort())
                .put("protocol", port.getProtocol()));
    }

    private static void host(ObjectNode to, HostView view, ConfigStatus status) {
        String name = view.host().toString();
        to.put("host", name);
        to.put("state", view.state());
        to.put("fromDisk", view.fromDisk());
        to.put("idleMs", view.idleMs());
        to.put("serviceVersion", version(status, ResourceType.SERVICE, name));
        to.put("endpointsVersion", version(status, ResourceType.ENDPOINTS, name));
        LiveService live = view.service();
        if (live != null) {
            routes(to, live.service());
            ObjectNode consumers = to.putObject("consumers");
            new TreeMap<>(live.service().consumers()).forEach((namespace, own) -> routes(consumers.putObject(namespace), own));
            ArrayNode endpoints = to.putArray("endpoints");
            live.endpoints().endpoints().forEach(endpoint -> endpoint(endpoints.addObject(), endpoint));
        }
    }

    private static void routes(ObjectNode to, CompiledService service) {
        ArrayNode routes = to.putArray("routes");
        service.routes().forEach(route -> route(routes.addObject(), route));
        ArrayNode connections = to.putArray("connectionRoutes");
        service.connections().forEach(route ->
                backends(connections.addObject().put("id", route.id()), route.backends()));
    }

    private static String version(ConfigStatus status, ResourceType type, String name) {
        ConfigStatus.TypeStatus one = status.types().get(type);
        return one == null ? "" : one.versions().getOrDefault(name, "");
    }

    private static void route(ObjectNode to, CompiledRoute route) {
        to.put("id", route.id());
        to.put("requestTimeoutMs", route.requestTimeout().toMillis());
        to.put("backendTimeoutMs", route.backendTimeout().toMillis());
        backends(to, route.backends());
    }

    private static void backends(ObjectNode to, List<CompiledBackend> all) {
        ArrayNode backends = to.putArray("backends");
        for (CompiledBackend backend : all) {
            backends.addObject()
                    .put("host", backend.host() == null ? "" : backend.host().toString())
                    .put("version", backend.version())
                    .put("weight", backend.weight())
                    .put("port", backend.port());
        }
    }

    private static void endpoint(ObjectNode to, LiveEndpoint endpoint) {
        EndpointSpec spec = endpoint.spec();
        to.put("id", spec.id());
        to.put("address", HostPort.of(spec.address()).toString());
        to.put("version", spec.version());
        to.put("weight", spec.weight());
        to.put("cluster", spec.cluster());
        to.put("viaGateway", spec.viaGateway());
        to.put("health", spec.health().name().toLowerCase(Locale.ROOT));
        to.put("ejected", endpoint.ejected());
        to.put("inFlight", endpoint.inFlight());
        ArrayNode identities = to.putArray("identities");
        spec.identities().stream().sorted().forEach(id -> identities.add(id.toString()));
    }
}
