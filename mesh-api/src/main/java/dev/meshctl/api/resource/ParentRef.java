package dev.meshctl.api.resource;

import java.util.OptionalInt;

/**
 * The service that the route is for.
 *
 * @param group empty or {@code meshctl.dev}; written also if empty, since the Gateway API takes its own group else
 * @param namespace empty: the route's own
 * @param port empty: all
 */
public record ParentRef(
        @Default(value = "", written = true) String group,
        @Default("Service") String kind,
        String name,
        @Default("") String namespace,
        OptionalInt port) {
    public ParentRef {
        Check.that(group.isEmpty() || group.equals("core") || group.equals(Kinds.GROUP), "group",
                "\"\" or \"" + Kinds.GROUP + "\" (the parent must be a Service)", group);
        Check.that(kind.equals("Service"), "kind", "\"Service\"", kind);
        Check.label(name, "name");
        Check.optionalLabel(namespace, "namespace");
        Check.port(port, "port");
    }
}
