package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.TrafficShift;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads an object of the API server as the resource that it is for the mesh. */
final class ObjectReader {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Set<String> METADATA = Set.of(
            "name", "namespace", "labels", "annotations", "resourceVersion", "generation", "creationTimestamp");
    /** Kinds whose status is the mesh's own journal; that of all others is only told, never read. */
    private static final Set<Kind> WITH_STATUS = Set.of(Kinds.TRAFFIC_SHIFT, Kinds.MESH_LINK);

    private final KubernetesSerialization serialization;

    ObjectReader(KubernetesSerialization serialization) {
        this.serialization = serialization;
    }

    /**
     * Empty if the object is not for the mesh, as a route whose parents are all gateways.
     *
     * @throws InvalidResource if it is, and cannot be understood
     */
    Optional<Resource> read(Kind kind, GenericKubernetesResource object) throws InvalidResource {
        ObjectNode tree = (ObjectNode) JSON.readTree(serialization.asJson(object));
        tree.put("apiVersion", kind.apiVersion());
        tree.put("kind", kind.name());
        metadata((ObjectNode) tree.path("metadata"));
        if (!WITH_STATUS.contains(kind)) {
            tree.remove("status");
        }
        if (kind.equals(Kinds.SERVICE_EXPORT)) {
            // Newer versions of the API have labels and annotations here that this mesh does not carry over.
            tree.remove("spec");
        }
        if (kind.isRoute() && !ofService(tree)) {
            return Optional.empty();
        }
        return Optional.of(ResourceParser.parseOne("<api server>", tree.toString(), "default"));
    }

    /** True if the object says what the resource says, whatever its status is. */
    boolean hasIntentOf(Resource resource, Kind kind, GenericKubernetesResource object) {
        try {
            return read(kind, object).filter(r -> intent(r).equals(intent(resource))).isPresent();
        } catch (InvalidResource e) {
            return false;
        }
    }

    /** True if the object is as it is when the resource has been written to it. */
    boolean says(Resource resource, Kind kind, GenericKubernetesResource object, boolean withStatus) {
        try {
            return read(kind, object)
                    .filter(r -> r.metadata().annotations().equals(resource.metadata().annotations()))
                    .filter(r -> withStatus ? bare(r).equals(bare(resource)) : intent(r).equals(intent(resource))).isPresent();
        } catch (InvalidResource e) {
            return false;
        }
    }

    private static Resource bare(Resource resource) {
        return resource.withMetadata(Metadata.of(resource.metadata().name(), resource.metadata().namespace()));
    }

    private static Resource intent(Resource resource) {
        Resource bare = bare(resource);
        return switch (bare) {
            case TrafficShift shift -> shift.withStatus(TrafficShift.Status.PENDING);
            case MeshLink link -> link.withStatus(MeshLink.Status.PENDING);
            case Resource other -> other;
        };
    }

    private static void metadata(ObjectNode metadata) {
        metadata.retain(METADATA);
        if (metadata.path("annotations") instanceof ObjectNode annotations) {
            annotations.retain(annotations.propertyNames().stream().filter(n -> n.startsWith(Kinds.GROUP + "/")).toList());
        }
    }

    /** Leaves the parents that are Services. A parent without a kind is a Gateway, by the Gateway API. */
    private static boolean ofService(ObjectNode route) {
        if (!(route.path("spec") instanceof ObjectNode spec) || !(spec.path("parentRefs") instanceof ArrayNode parents)) {
            return false;
        }
        parents.removeIf(parent -> !parent.path("kind").asString("Gateway").equals("Service"));
        return !parents.isEmpty();
    }
}
