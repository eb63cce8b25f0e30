package dev.meshctl.control.snapshot;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.control.policy.CompiledRoutes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Resources as a snapshot has them. */
public final class TestResources {
    private TestResources() {}

    /** The Service of a host of this cluster, with one route for calls from each of the namespaces. */
    public static ConfigResource service(String host, Map<String, String> routes) {
        TreeMap<String, CompiledRoutes> consumers = new TreeMap<>();
        routes.forEach((namespace, id) -> consumers.put(
                namespace, new CompiledRoutes(List.of(HttpRoute.newBuilder().setId(id).build()), List.of())));
        ServiceInputs inputs = new ServiceInputs(MeshHost.parse(host, "").orElseThrow().service(), true, List.of(), false, false, false,
                List.of(), List.of(), List.of(), CompiledRoutes.NONE, consumers, Optional.empty(), Access.getDefaultInstance());
        return HostCompiler.compile(new ClusterView("west", Optional.empty(), "", ""), inputs).stream()
                .filter(r -> r.key().equals(new ConfigKey(ConfigType.SERVICE, host))).findFirst().orElseThrow();
    }
}
