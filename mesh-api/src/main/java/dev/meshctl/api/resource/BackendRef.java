package dev.meshctl.api.resource;

import java.util.OptionalInt;

/**
 * Where a share of the requests, or of the connections, of a rule goes.
 *
 * @param group empty for a Service, {@code meshctl.dev} for a Version, {@code multicluster.x-k8s.io} for a
 *     ServiceImport
 * @param kind {@code Service} of this cluster, {@code Version} of the parent, or {@code ServiceImport}: the service
 *     in every cluster that exports it
 * @param namespace empty: the route's own
 * @param port empty: the port that the client named
 * @param weight 0 to 1000000, relative to the other backends of the rule
 */
public record BackendRef(
        @Default("") String group,
        @Default("Service") String kind,
        String name,
        @Default("") String namespace,
        OptionalInt port,
        @Default("1") int weight) {
    private static final String MCS = "multicluster.x-k8s.io";

    public BackendRef {
        switch (kind) {
            case "Service" -> Check.that(group.isEmpty() || group.equals("core") || group.equals(Kinds.GROUP), "group",
                    "\"\" or \"" + Kinds.GROUP + "\" for kind Service", group);
            case "Version" -> Check.that(group.equals(Kinds.GROUP), "group", "\"" + Kinds.GROUP + "\" for kind Version", group);
            case "ServiceImport" -> Check.that(group.equals(MCS), "group", "\"" + MCS + "\" for kind ServiceImport", group);
            default -> throw new InvalidField("kind", "\"Service\", \"Version\" or \"ServiceImport\"", Check.quoted(kind));
        }
        Check.label(name, "name");
        Check.optionalLabel(namespace, "namespace");
        Check.that(!kind.equals("Version") || namespace.isEmpty(), "namespace", "none for kind Version", namespace);
        Check.port(port, "port");
        Check.range(weight, 0, 1_000_000, "weight");
    }

    /** A share for a version of the parent. */
    public static BackendRef version(String version, int weight) {
        return new BackendRef(Kinds.GROUP, "Version", version, "", OptionalInt.empty(), weight);
    }

    public boolean isVersion() {
        return kind.equals("Version");
    }

    /** True for the service in every cluster that exports it. */
    public boolean isImport() {
        return kind.equals("ServiceImport");
    }

    public BackendRef withWeight(int other) {
        return new BackendRef(group, kind, name, namespace, port, other);
    }
}
