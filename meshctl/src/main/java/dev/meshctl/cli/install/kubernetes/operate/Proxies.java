package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.control.admission.inject.PodAnnotations;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The proxies that are in pods of a cluster. */
final class Proxies {
    private static final String CONTAINER = "meshctl-proxy";

    private Proxies() {}

    /** Version, by the tag of the image -> how many. A digest without a tag counts as no version. */
    static Map<String, Long> versions(ClusterApi api) {
        Map<String, Long> versions = new TreeMap<>();
        for (ObjectNode pod : api.list(ObjectType.POD, "", "")) {
            if (pod.path("metadata").path("annotations").has(PodAnnotations.INJECTED)) {
                versions.merge(version(pod), 1L, Long::sum);
            }
        }
        return versions;
    }

    private static String version(ObjectNode pod) {
        for (String list : new String[] {"initContainers", "containers"}) {
            for (JsonNode container : pod.path("spec").path(list)) {
                if (container.path("name").asString("").equals(CONTAINER)) {
                    return tag(container.path("image").asString(""));
                }
            }
        }
        return "";
    }

    static String tag(String image) {
        String named = image.contains("@") ? image.substring(0, image.indexOf('@')) : image;
        int colon = named.lastIndexOf(':');
        return colon > named.lastIndexOf('/') ? named.substring(colon + 1) : "";
    }
}
