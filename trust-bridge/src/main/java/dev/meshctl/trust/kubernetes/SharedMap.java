package dev.meshctl.trust.kubernetes;

import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.trust.Refusal;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.Map;

/** A ConfigMap that several replicas change, each change made to the version that was read. */
final class SharedMap {
    private static final int ATTEMPTS = 5;
    /** Differs with each write, since a write that changes nothing leaves the version as it is. */
    private static final String WRITTEN = "meshctl.dev/written-after-version";

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final Counters counters;

    SharedMap(KubernetesClient client, String namespace, String name, Counters counters) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.counters = counters;
    }

    /**
     * Its content.
     *
     * @param version changes with each change
     */
    record Content(String version, Map<String, String> data) {}

    @FunctionalInterface
    interface Edit {
        /** What the content is to be; the same if it is right already. */
        Map<String, String> next(Map<String, String> now) throws Refusal;
    }

    Content read() throws IOException {
        return content(get());
    }

    /** Changes it by the edit, which may be asked again; gives what is there then. */
    Content change(Edit edit) throws Refusal, IOException {
        return change(false, edit);
    }

    /**
     * Changes it by the edit, which may be asked again; gives what is there then.
     *
     * @param always writes also what is right already, so that a write of before that is still on its way comes too late
     */
    Content change(boolean always, Edit edit) throws Refusal, IOException {
        for (int attempt = 1; ; attempt++) {
            ConfigMap map = get();
            Map<String, String> now = content(map).data();
            Map<String, String> next = edit.next(now);
            if (next.equals(now) && !always) {
                return content(map);
            }
            ConfigMap edited = new ConfigMapBuilder(map).withData(next)
                    .editMetadata().addToAnnotations(WRITTEN, map.getMetadata().getResourceVersion()).endMetadata().build();
            try {
                return content(ApiCallFailed.call("update " + this,
                        () -> client.configMaps().inNamespace(namespace).resource(edited).update()));
            } catch (ApiCallFailed e) {
                if (e.fault() != ApiFault.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
                counters.increment("config_map_conflict");
            }
        }
    }

    private ConfigMap get() throws IOException {
        ConfigMap map = ApiCallFailed.call("get " + this,
                () -> client.configMaps().inNamespace(namespace).withName(name).get());
        if (map == null) {
            throw new IOException(this + " does not exist; the installation makes it, install the mesh again");
        }
        return map;
    }

    private static Content content(ConfigMap map) {
        return new Content(String.valueOf(map.getMetadata().getResourceVersion()),
                map.getData() == null ? Map.of() : Map.copyOf(map.getData()));
    }

    @Override
    public String toString() {
        return "ConfigMap " + namespace + "/" + name;
    }
}
