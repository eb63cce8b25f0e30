package dev.meshctl.api.resource;

import dev.meshctl.api.name.DnsLabel;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What every resource has.
 *
 * @param name RFC 1123 labels joined by dots, at most 253 characters
 * @param namespace RFC 1123 label; empty for kinds that belong to the whole cluster
 * @param labels at most 64
 * @param annotations at most 64, 16 KiB together
 * @param resourceVersion set by the store on each write; given to it, the write fails unless it is the current one
 * @param generation set by the store, counts changes of the intent (not of the status)
 * @param creationTimestamp set by the store
 */
public record Metadata(
        String name,
        @Default("") String namespace,
        Map<String, String> labels,
        Map<String, String> annotations,
        @Default("") String resourceVersion,
        @Default("0") long generation,
        Optional<Instant> creationTimestamp) {
    private static final int MAX_ENTRIES = 64;
    private static final int MAX_ANNOTATION_CHARS = 16 * 1024;

    public Metadata {
        labels = sorted(labels, "labels");
        annotations = sorted(annotations, "annotations");
        Check.phrase(name.length() <= 253, "name", "at most 253 characters", name.length() + " characters");
        for (String label : name.split("\\.", -1)) {
            Check.that(DnsLabel.isValid(label), "name",
                    "lower-case letters, digits, inner hyphens and dots", name);
        }
        Check.optionalLabel(namespace, "namespace");
        int size = annotations.entrySet().stream().mapToInt(e -> e.getKey().length() + e.getValue().length()).sum();
        Check.phrase(size <= MAX_ANNOTATION_CHARS, "annotations", "at most 16384 characters", size + " characters");
        labels.forEach((key, value) -> Check.that(key.length() <= 316 && value.length() <= 63, "labels",
                "keys of at most 316 and values of at most 63 characters", key + "=" + value));
    }

    /** A new resource that the store has not yet seen. */
    public static Metadata of(String name, String namespace) {
        return new Metadata(name, namespace, Map.of(), Map.of(), "", 0, Optional.empty());
    }

    public Metadata withNamespace(String other) {
        return new Metadata(name, other, labels, annotations, resourceVersion, generation, creationTimestamp);
    }

    public Metadata withAnnotations(Map<String, String> other) {
        return new Metadata(name, namespace, labels, other, resourceVersion, generation, creationTimestamp);
    }

    public Metadata withResourceVersion(String other) {
        return new Metadata(name, namespace, labels, annotations, other, generation, creationTimestamp);
    }

    /** The same intent as the store keeps it. */
    public Metadata stored(String newVersion, long newGeneration, Instant created) {
        return new Metadata(name, namespace, labels, annotations, newVersion, newGeneration, Optional.of(created));
    }

    private static Map<String, String> sorted(Map<String, String> entries, String field) {
        Check.items(entries.keySet(), 0, MAX_ENTRIES, field);
        return Collections.unmodifiableMap(new TreeMap<>(entries));
    }
}
