package dev.meshctl.control.admission.inject;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the proxy reads and writes: its token and the mesh's certificates, and a directory in memory, so that
 * its private key is on no disk. The directory outlives a restart of the container.
 *
 * @param identity name of the volume with the token
 * @param state name of the volume in memory
 */
record PodVolumes(InjectionSettings settings, String identity, String state) {
    private static final String IDENTITY_DIRECTORY = "/var/run/secrets/meshctl.dev/identity";
    static final String TOKEN_FILE = IDENTITY_DIRECTORY + "/token";
    static final String BUNDLE_FILE = IDENTITY_DIRECTORY + "/bundle.json";
    static final String STATE_DIRECTORY = "/run/meshctl";
    /** Part of the container's memory limit. */
    private static final String STATE_SIZE = "32Mi";

    /** With names that no volume of the pod has. */
    static PodVolumes beside(JsonNode spec, InjectionSettings settings) {
        Set<String> taken = new TreeSet<>();
        Tree.objects(spec.path("volumes")).forEach(volume -> taken.add(Tree.text(volume, "name")));
        return new PodVolumes(settings, free("meshctl-identity", taken), free("meshctl-state", taken));
    }

    private static String free(String name, Set<String> taken) {
        String candidate = name;
        for (int i = 2; taken.contains(candidate); i++) {
            candidate = name + "-" + i;
        }
        return candidate;
    }

    List<ObjectNode> volumes() {
        ObjectNode token = Tree.NODES.objectNode().put("name", identity);
        ArrayNode sources = token.putObject("projected").put("defaultMode", 0644).putArray("sources");
        sources.addObject().putObject("serviceAccountToken")
                .put("audience", settings.identity().audience())
                .put("expirationSeconds", settings.identity().tokenExpiry().toSeconds())
                .put("path", "token");
        sources.addObject().putObject("configMap")
                .put("name", settings.identity().bundleConfigMap())
                .putArray("items").addObject().put("key", "bundle.json").put("path", "bundle.json");
        ObjectNode memory = Tree.NODES.objectNode().put("name", state);
        memory.putObject("emptyDir").put("medium", "Memory").put("sizeLimit", STATE_SIZE);
        return List.of(token, memory);
    }

    ArrayNode mounts() {
        ArrayNode mounts = Tree.NODES.arrayNode();
        mounts.addObject().put("name", identity).put("mountPath", IDENTITY_DIRECTORY).put("readOnly", true);
        mounts.addObject().put("name", state).put("mountPath", STATE_DIRECTORY);
        return mounts;
    }
}
