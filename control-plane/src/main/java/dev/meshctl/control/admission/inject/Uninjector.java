package dev.meshctl.control.admission.inject;

import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import dev.meshctl.control.admission.inject.Injection.Refused;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Takes out what {@link Injector} put in, of any version and settings: what that was is written in the pod. What
 * else was changed since stays.
 */
public final class Uninjector {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private Uninjector() {}

    /** The object without the proxy, or why not. */
    public static Injection uninject(ObjectNode object) {
        Optional<List<String>> path = PodTemplates.path(object);
        if (path.isEmpty()) {
            return new LeftAlone(Reason.NOT_A_WORKLOAD, "it makes no pods");
        }
        ObjectNode copy = object.deepCopy();
        JsonNode pod = PodTemplates.pod(copy, path.get());
        JsonNode written = Tree.at(pod, "metadata", "annotations", PodAnnotations.INJECTED);
        if (written.isMissingNode() || !(pod.path("spec") instanceof ObjectNode spec)) {
            return new LeftAlone(Reason.NOT_INJECTED, "the pod has no annotation " + PodAnnotations.INJECTED);
        }
        Faults faults = new Faults(String.join(".", path.get()));
        Optional<InjectionRecord> record = InjectionRecord.read(written.isString() ? written.stringValue() : "");
        if (record.isEmpty()) {
            faults.add(PodAnnotations.path(PodAnnotations.INJECTED),
                    "is not what injection writes, so what it did cannot be taken back", "start from the manifest before injection");
            return new Refused(faults.list());
        }
        JsonNode originals = originals(spec);
        if (originals.isMissingNode()) {
            faults.add("spec.initContainers", "the variable %s of container %s, which keeps the pod's own probes, cannot be read"
                    .formatted(Sidecar.APP_PROBES, Sidecar.NAME), "start from the manifest before injection");
            return new Refused(faults.list());
        }
        ProbeRewrite.restore(spec, originals);
        takeOut((ObjectNode) pod, spec, record.get());
        return new Changed(copy, List.of());
    }

    private static void takeOut(ObjectNode pod, ObjectNode spec, InjectionRecord record) {
        remove(spec.path("initContainers"), record.initContainers());
        remove(spec.path("volumes"), record.volumes());
        if (Tree.at(pod, "metadata", "annotations") instanceof ObjectNode annotations) {
            annotations.remove(PodAnnotations.INJECTED);
        }
        record.made().reversed().forEach(path -> emptied(pod, path, false));
        record.nulls().reversed().forEach(path -> emptied(pod, path, true));
    }

    private static void remove(JsonNode list, List<String> names) {
        if (list instanceof ArrayNode array) {
            array.removeIf(item -> names.contains(Tree.text(item, "name")));
        }
    }

    /** Injection made the field; if nobody else has put something there, it is as before. */
    private static void emptied(ObjectNode pod, String path, boolean asNull) {
        int dot = path.lastIndexOf('.');
        JsonNode parent = dot < 0 ? pod : Tree.at(pod, path.substring(0, dot).split("\\."));
        String field = path.substring(dot + 1);
        if (parent instanceof ObjectNode object && object.path(field).isContainer() && object.path(field).isEmpty()) {
            if (asNull) {
                object.putNull(field);
            } else {
                object.remove(field);
            }
        }
    }

    /** An empty object if no probe was rewritten; missing if the record of them cannot be read. */
    private static JsonNode originals(ObjectNode spec) {
        Optional<String> value = Tree.objects(spec.path("initContainers")).stream()
                .filter(container -> Tree.text(container, "name").equals(Sidecar.NAME))
                .flatMap(container -> Tree.objects(container.path("env")).stream())
                .filter(variable -> Tree.text(variable, "name").equals(Sidecar.APP_PROBES))
                .map(variable -> Tree.text(variable, "value").replace("$$", "$"))
                .findFirst();
        try {
            JsonNode node = value.isEmpty() ? Tree.NODES.objectNode() : JSON.readTree(value.get());
            return node.isObject() ? node : Tree.NODES.missingNode();
        } catch (JacksonException e) {
            return Tree.NODES.missingNode();
        }
    }
}
