package dev.meshctl.api.resource;

import java.util.Comparator;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The service that the route is for, or one of its ports: "When both Port (experimental) and SectionName are specified, the
 * name and port of the selected port must match both specified values."
 *
 * @param group empty or {@code meshctl.dev}; written also if empty, since the Gateway API takes its own group else
 * @param namespace empty: the route's own; another one makes the route one of a consumer, for calls from its own namespace
 * @param sectionName name of a port of the service; empty: any
 * @param port empty: all
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#parentreference">Gateway API, ParentReference</a>
 */
public record ParentRef(
        @Default(value = "", written = true) String group,
        @Default("Service") String kind,
        String name,
        @Default("") String namespace,
        @Default("") String sectionName,
        OptionalInt port) {
    /** Instead of the number of a port: all of them. */
    public static final int ALL_PORTS = 0;

    /** The whole service of that name in the route's own namespace. */
    public static ParentRef service(String name) {
        return new ParentRef("", "Service", name, "", "", OptionalInt.empty());
    }

    public ParentRef {
        Check.that(group.isEmpty() || group.equals("core") || group.equals(Kinds.GROUP), "group",
                "\"\" or \"" + Kinds.GROUP + "\" (the parent must be a Service)", group);
        Check.that(kind.equals("Service"), "kind", "\"Service\"", kind);
        Check.label(name, "name");
        Check.optionalLabel(namespace, "namespace");
        Check.phrase(sectionName.length() <= 253, "sectionName", "at most 253 characters", sectionName.length() + " characters");
        Check.port(port, "port");
    }

    /**
     * The port that is meant, or {@link #ALL_PORTS}.
     *
     * @param names of the ports of the service, by number
     * @return empty if the service has no port of that name, or has it under another number than the one asked for
     */
    public OptionalInt port(Map<Integer, String> names) {
        if (sectionName.isEmpty()) {
            return OptionalInt.of(port.orElse(ALL_PORTS));
        }
        return names.entrySet().stream()
                .filter(named -> named.getValue().equals(sectionName) && (port.isEmpty() || port.getAsInt() == named.getKey()))
                .sorted(Comparator.comparing(Map.Entry::getKey)).mapToInt(Map.Entry::getKey).findFirst();
    }
}
