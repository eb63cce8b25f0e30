package dev.meshctl.control.admission.inject;

import java.util.Map;

/**
 * Where a pod is to be.
 *
 * @param namespace empty if not known
 * @param namespaceLabels empty if not known
 * @param byDefault whether a pod is injected when neither its own labels nor its namespace's say anything
 */
public record Placement(String namespace, Map<String, String> namespaceLabels, boolean byDefault) {
    public Placement {
        namespaceLabels = Map.copyOf(namespaceLabels);
    }

    Placement in(String other) {
        return new Placement(other, namespaceLabels, byDefault);
    }
}
