package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.cli.connect.Listing.Listed;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.output.Times;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** A resource that a cluster has, as it is listed. */
record Found(String cluster, Kind kind, ObjectNode resource, String state) {
    private static final String DELETED = "Deleted";

    static Found of(String cluster, Kind kind, Listed listed) {
        return new Found(cluster, kind, listed.resource(), listed.state());
    }

    /** The same, when it is no longer there. */
    Found deleted() {
        return new Found(cluster, kind, resource, DELETED);
    }

    String name() {
        return field("name");
    }

    /** Tells it from all others of its cluster. */
    String key() {
        return typedName() + "/" + field("namespace");
    }

    /** True if the other is this resource as it was before a change. */
    boolean differsFrom(Found before) {
        boolean versioned = !field("resourceVersion").isEmpty();
        return !state.equals(before.state) || (versioned ? !field("resourceVersion").equals(before.field("resourceVersion"))
                : !resource.equals(before.resource));
    }

    private String field(String name) {
        return resource.path("metadata").path(name).asString("");
    }

    private String typedName() {
        return kind.singular() + "/" + name();
    }

    /** Of a workload, which nobody has created as a resource, since it was started. */
    private String age(Instant now) {
        try {
            String created = resource.path("metadata").path("creationTimestamp")
                    .asString(resource.path("status").path("started").asString(""));
            return created.isEmpty() ? "" : Times.age(Duration.between(Instant.parse(created), now));
        } catch (DateTimeParseException e) {
            return "";
        }
    }

    private String labels() {
        return resource.path("metadata").path("labels").properties().stream()
                .map(label -> label.getKey() + "=" + label.getValue().asString("")).collect(Collectors.joining(","));
    }

    /** How they are listed. */
    static Table<Found> table(boolean severalKinds) {
        return Table.<Found>of(Found::typedName, row -> Map.of())
                .column("CLUSTER", Found::cluster)
                .column("NAMESPACE", row -> row.field("namespace"))
                .column("NAME", row -> severalKinds ? row.typedName() : row.name())
                .column("STATE", Found::state)
                .column("AGE", row -> row.age(Instant.now()))
                .wide("LABELS", Found::labels)
                .wide("VERSION", row -> row.field("resourceVersion"));
    }
}
