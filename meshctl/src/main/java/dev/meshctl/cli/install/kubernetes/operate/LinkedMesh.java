package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.version.SemanticVersion;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A mesh that is linked, as the control plane has written it down.
 *
 * @param cluster its name
 * @param there whether it is heard now
 * @param version that it said last; empty if none, or none that is a version
 */
public record LinkedMesh(String cluster, boolean there, String version) {
    /** Where the control plane has not heard it for so long, or has not said so, nobody knows what it is now. */
    private static final Duration HEARD_WITHIN = Duration.ofMinutes(10);

    private static final ObjectType LINK = new ObjectType(Kinds.MESH_LINK.apiVersion(), Kinds.MESH_LINK.name(),
            Kinds.MESH_LINK.plural(), Kinds.MESH_LINK.namespaced());

    /**
     * All links of a cluster, by the state in its API server: an upgrade may be what helps a control plane that does not
     * answer.
     *
     * @throws dev.meshctl.kubernetes.failure.ApiException if they cannot be read
     */
    static List<LinkedMesh> of(ClusterApi api, Instant now) {
        List<LinkedMesh> meshes = new ArrayList<>();
        for (ObjectNode link : api.list(LINK, "", "")) {
            JsonNode status = link.path("status");
            boolean there = status.path("phase").asString("").equals("Active")
                    && isRecent(status.path("lastSeen").asString(""), now);
            String said = status.path("peerVersion").asString("");
            meshes.add(new LinkedMesh(link.path("metadata").path("name").asString(""), there,
                    SemanticVersion.parse(said).isPresent() ? said : ""));
        }
        meshes.sort(Comparator.comparing(LinkedMesh::cluster));
        return meshes;
    }

    private static boolean isRecent(String time, Instant now) {
        try {
            return Instant.parse(time).plus(HEARD_WITHIN).isAfter(now);
        } catch (DateTimeException e) {
            return false;
        }
    }
}
