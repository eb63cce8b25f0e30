package dev.meshctl.cli.proxy;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.cli.proxy.ProxyRef.Sidecar;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Finds the pods of a cluster that have a proxy. */
final class PodProxies {
    /** As injection names it. */
    static final String CONTAINER = "meshctl-proxy";

    private final Cluster cluster;
    private final ClusterApi api;

    PodProxies(Cluster cluster, ClusterApi api) {
        this.cluster = cluster;
        this.api = api;
    }

    /** A pod, as far as it matters here. */
    private record PodName(String namespace, String name, String serviceAccount, boolean proxied, Map<String, String> labels) {
        static PodName of(ObjectNode pod) {
            Map<String, String> labels = new java.util.HashMap<>();
            pod.path("metadata").path("labels").properties().forEach(label -> labels.put(label.getKey(), label.getValue().asString("")));
            String account = pod.path("spec").path("serviceAccountName").asString("");
            return new PodName(pod.path("metadata").path("namespace").asString(""), pod.path("metadata").path("name").asString(""),
                    account.isEmpty() ? "default" : account, hasProxy(pod), labels);
        }

        private static boolean hasProxy(ObjectNode pod) {
            return Stream.of("initContainers", "containers").flatMap(list -> pod.path("spec").path(list).valueStream())
                    .anyMatch(container -> container.path("name").asString("").equals(CONTAINER));
        }

        String full() {
            return namespace + "/" + name;
        }
    }

    List<ProxyRef> find(WantedName wanted) {
        List<PodName> there = pods(wanted);
        List<PodName> named = wanted.exactly(there, PodName::name);
        if (!named.isEmpty()) {
            return proxied(wanted, named, "pod " + named.getFirst().full());
        }
        Behind behind = behindService(wanted, there);
        if (behind.found()) {
            return proxied(wanted, behind.pods(), "no pod of service " + wanted.text());
        }
        List<PodName> beginning = wanted.beginning(there, PodName::name);
        List<PodName> candidates = beginning.stream().filter(PodName::proxied).toList();
        if (candidates.size() > 1) {
            throw NotFound.ambiguous(cluster, wanted, candidates.stream().map(PodName::full).toList());
        }
        if (beginning.isEmpty() && behind.refused() != null) {
            throw behind.refused();
        }
        if (beginning.isEmpty()) {
            throw NotFound.none(cluster, "pod or service", wanted,
                    there.stream().filter(PodName::proxied).map(PodName::full).toList());
        }
        return proxied(wanted, beginning, "pod " + beginning.getFirst().full());
    }

    /** Whose name begins with what was typed may have a proxy or not; one without is an error that says so. */
    private List<ProxyRef> proxied(WantedName wanted, List<PodName> pods, String without) {
        List<ProxyRef> found = pods.stream().filter(PodName::proxied)
                .<ProxyRef>map(pod -> new Sidecar(cluster, pod.namespace(), pod.name(), pod.serviceAccount())).toList();
        if (!found.isEmpty()) {
            return found;
        }
        if (pods.stream().anyMatch(pod -> pod.namespace().equals(Installed.NAMESPACE))) {
            throw CliError.failed(without + " has a proxy").at("cluster " + cluster.name())
                    .because("pods of the mesh itself need none").next("meshctl status --cluster " + cluster.name());
        }
        String namespace = pods.isEmpty() ? wanted.namespace() : pods.getFirst().namespace();
        throw CliError.failed(without.startsWith("no ") ? without + " has a proxy" : without + " has no proxy")
                .at("cluster " + cluster.name())
                .because("it was not injected when it was created")
                .next("kubectl label namespace " + namespace + " meshctl.dev/inject=enabled, then restart its pods");
    }

    private List<PodName> pods(WantedName wanted) {
        try {
            return api.list(ObjectType.POD, wanted.namespace(), "").stream().map(PodName::of).toList();
        } catch (ApiException e) {
            CliError error = ApiServers.inWords(e.failure(), "cluster " + cluster.name()).from(e);
            throw e.failure().cause() == Cause.FORBIDDEN && wanted.namespace().isEmpty()
                    ? error.next("name the namespace: NAMESPACE/POD") : error;
        }
    }

    /** @param refused why nobody could say; else null */
    private record Behind(boolean found, List<PodName> pods, @Nullable CliError refused) {}

    // Who may see pods, and not services, still finds pods.
    private Behind behindService(WantedName wanted, List<PodName> there) {
        List<ObjectNode> services;
        try {
            services = api.listByField(ObjectType.SERVICE, wanted.namespace(), "metadata.name=" + wanted.name());
        } catch (ApiException e) {
            return new Behind(false, List.of(), ApiServers.inWords(e.failure(), "cluster " + cluster.name()).from(e));
        }
        List<PodName> pods = new ArrayList<>();
        Optional<JsonNode> last = Optional.empty();
        for (ObjectNode service : services) {
            if (!service.path("metadata").path("name").asString("").equals(wanted.name())) {
                continue;
            }
            JsonNode selector = service.path("spec").path("selector");
            last = Optional.of(selector);
            if (!selector.isEmpty()) {
                String namespace = service.path("metadata").path("namespace").asString("");
                there.stream().filter(pod -> pod.namespace().equals(namespace) && selects(selector, pod.labels())).forEach(pods::add);
            }
        }
        return new Behind(last.isPresent(), pods, null);
    }

    private static boolean selects(JsonNode selector, Map<String, String> labels) {
        return selector.properties().stream()
                .allMatch(label -> label.getValue().asString("").equals(labels.get(label.getKey())));
    }
}
