package dev.meshctl.control.store.kubernetes;

import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.Route;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Makes objects of resources. What an object has beyond the mesh's resource (other owners' labels, parents that are
 * gateways) stays as it is.
 */
final class ObjectWriter {
    private static final String SPEC = "spec";
    private static final String STATUS = "status";
    private static final String RULES = "rules";

    private final KubernetesSerialization serialization;

    ObjectWriter(KubernetesSerialization serialization) {
        this.serialization = serialization;
    }

    private GenericKubernetesResource generic(Resource resource) {
        return serialization.unmarshal(ResourceWriter.json(resource), GenericKubernetesResource.class);
    }

    /** A new object, in a version that is served, without status: that one is written apart. */
    GenericKubernetesResource fresh(Resource resource, String apiVersion) {
        GenericKubernetesResource object = generic(resource);
        object.setApiVersion(apiVersion);
        object.getMetadata().setResourceVersion(null);
        object.getMetadata().setGeneration(null);
        object.getMetadata().setCreationTimestamp(null);
        object.getAdditionalProperties().remove(STATUS);
        return object;
    }

    /** The object with the resource's intent; equal to it if it has that already. */
    GenericKubernetesResource withSpec(GenericKubernetesResource object, Resource resource) {
        Object wanted = generic(resource).getAdditionalProperties().get(SPEC);
        if (resource instanceof Route && wanted instanceof Map<?, ?> route
                && object.getAdditionalProperties().get(SPEC) instanceof Map<?, ?> current) {
            Map<Object, Object> merged = new LinkedHashMap<>(current);
            merged.put(RULES, Objects.requireNonNull(route.get(RULES)));
            return withOwnAnnotations(with(object, SPEC, merged), resource);
        }
        return with(object, SPEC, wanted == null ? Map.of() : wanted);
    }

    /** Those of the mesh are the resource's; all others stay. */
    private static GenericKubernetesResource withOwnAnnotations(GenericKubernetesResource object, Resource resource) {
        Map<String, String> annotations = new LinkedHashMap<>(
                Objects.requireNonNullElse(object.getMetadata().getAnnotations(), Map.of()));
        annotations.keySet().removeIf(name -> name.startsWith(Kinds.GROUP + "/"));
        annotations.putAll(resource.metadata().annotations());
        object.getMetadata().setAnnotations(annotations);
        return object;
    }

    GenericKubernetesResource withStatus(GenericKubernetesResource object, Resource resource) {
        Object wanted = generic(resource).getAdditionalProperties().get(STATUS);
        return with(object, STATUS, wanted == null ? Map.of() : wanted);
    }

    GenericKubernetesResource withStatus(GenericKubernetesResource object, Map<String, Object> status) {
        return with(object, STATUS, status);
    }

    private GenericKubernetesResource with(GenericKubernetesResource object, String field, Object value) {
        GenericKubernetesResource copy = serialization.clone(object);
        copy.setAdditionalProperty(field, value);
        return copy;
    }
}
