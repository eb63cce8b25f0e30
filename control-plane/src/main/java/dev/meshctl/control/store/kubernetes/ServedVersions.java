package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import io.fabric8.kubernetes.api.model.APIResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * In which of the versions that the mesh reads the API server serves a kind. Until it is asked, and where it serves none
 * or does not say, that is the newest.
 */
final class ServedVersions {
    private static final System.Logger LOG = System.getLogger(ServedVersions.class.getName());

    private final KubernetesClient client;
    private final Counters counters;
    private final Map<String, String> chosen = new ConcurrentHashMap<>();
    private final Set<String> served = ConcurrentHashMap.newKeySet();

    ServedVersions(KubernetesClient client, Counters counters) {
        this.client = client;
        this.counters = counters;
    }

    /** The version to use, without the group. */
    String of(Kind kind) {
        return chosen.getOrDefault(kind.name(), kind.versions().getFirst());
    }

    /** The group and version to use. */
    String apiVersionOf(Kind kind) {
        return kind.group() + "/" + of(kind);
    }

    /**
     * Asks the API server; true if the kind is to be followed anew: in another version from now on, or because the one in
     * use was served and no longer is, which a watch that is refused time and again does not tell.
     */
    boolean look(Kind kind) {
        String before = of(kind);
        Optional<String> now;
        try {
            now = kind.versions().stream().filter(version -> serves(kind, version)).findFirst();
        } catch (KubernetesClientException e) {
            counters.increment("discovery_" + ApiFault.of(e).label());
            return false;
        }
        if (now.isEmpty()) {
            return served.remove(kind.name());
        }
        served.add(kind.name());
        if (now.get().equals(before)) {
            return false;
        }
        chosen.put(kind.name(), now.get());
        LOG.log(System.Logger.Level.INFO, "{0} are followed as {1}", kind.plural(), apiVersionOf(kind));
        return true;
    }

    private boolean serves(Kind kind, String version) {
        APIResourceList resources = client.getApiResources(kind.group() + "/" + version);
        return resources != null && resources.getResources().stream().anyMatch(r -> kind.plural().equals(r.getName()));
    }
}
