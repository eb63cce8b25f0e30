package dev.meshctl.control.admission.inject;

import dev.meshctl.api.name.DnsLabel;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Checks that all that injection reads or writes is of the type that the Kubernetes API gives it. */
final class PodShape {
    private static final String GRACE_PERIOD = "terminationGracePeriodSeconds";
    /** Of a pod that says nothing. */
    private static final long USUAL_GRACE_PERIOD_SECONDS = 30;

    private PodShape() {}

    /** How long the pod has to end; the Kubernetes API takes less than none for one second. */
    static long gracePeriodSeconds(JsonNode spec) {
        long seconds = spec.path(GRACE_PERIOD).asLong(USUAL_GRACE_PERIOD_SECONDS);
        return Math.min(seconds < 0 ? 1 : seconds, Integer.MAX_VALUE);
    }

    static void check(JsonNode pod, Faults faults) {
        if (!pod.isObject()) {
            faults.add("", "expected a pod (an object with a spec), found " + Tree.described(pod), "");
            return;
        }
        object(pod, "metadata", "metadata", faults);
        texts(pod.path("metadata"), "annotations", faults);
        texts(pod.path("metadata"), "labels", faults);
        if (!pod.path("spec").isObject()) {
            faults.add("spec", "expected an object, found " + Tree.described(pod.path("spec")), "");
            return;
        }
        JsonNode spec = pod.path("spec");
        object(spec, "securityContext", "spec.securityContext", faults);
        Set<String> names = new HashSet<>();
        containers(spec, "containers", true, names, faults);
        containers(spec, "initContainers", false, names, faults);
        items(spec, "volumes", false, faults);
        gracePeriod(spec.path(GRACE_PERIOD), faults);
    }

    private static void gracePeriod(JsonNode seconds, Faults faults) {
        if (!seconds.isMissingNode() && !seconds.isNull() && !seconds.isIntegralNumber()) {
            faults.add("spec." + GRACE_PERIOD, "expected a whole number, found " + Tree.described(seconds), "");
        }
    }

    private static void object(JsonNode parent, String field, String path, Faults faults) {
        JsonNode value = parent.path(field);
        if (!value.isMissingNode() && !value.isNull() && !value.isObject()) {
            faults.add(path, "expected an object, found " + Tree.described(value), "");
        }
    }

    private static void texts(JsonNode metadata, String field, Faults faults) {
        object(metadata, field, "metadata." + field, faults);
        if (metadata.path(field).isObject()) {
            metadata.path(field).properties().stream().filter(entry -> !entry.getValue().isString())
                    .forEach(entry -> faults.add("metadata." + field + "[" + entry.getKey() + "]",
                            "expected text, found " + Tree.described(entry.getValue()), "put it in quotes"));
        }
    }

    private static void containers(JsonNode spec, String field, boolean needed, Set<String> names, Faults faults) {
        items(spec, field, needed, faults);
        JsonNode list = spec.path(field);
        for (int i = 0; i < list.size(); i++) {
            String path = "spec." + field + "[" + i + "]";
            String name = Tree.text(list.path(i), "name");
            if (!DnsLabel.isValid(name)) {
                faults.add(path + ".name", "expected 1 to 63 lower-case letters, digits or inner hyphens, found "
                        + Tree.described(list.path(i).path("name")), "");
            } else if (!names.add(name)) {
                faults.add(path + ".name", "another container is called " + Faults.quoted(name) + " too", "");
            }
            object(list.path(i), "securityContext", path + ".securityContext", faults);
        }
    }

    private static void items(JsonNode spec, String field, boolean needed, Faults faults) {
        JsonNode list = spec.path(field);
        boolean none = list.isMissingNode() || list.isNull() || (list.isArray() && list.isEmpty());
        if (none ? needed : !list.isArray()) {
            faults.add("spec." + field, "expected a list, found " + (list.isArray() ? "an empty one" : Tree.described(list)), "");
            return;
        }
        for (int i = 0; i < list.size(); i++) {
            if (!list.path(i).isObject()) {
                faults.add("spec." + field + "[" + i + "]", "expected an object, found " + Tree.described(list.path(i)), "");
            }
        }
    }
}
