package dev.meshctl.api.name;

/**
 * The name of a service in a mesh, written {@code name.namespace}.
 *
 * @param name RFC 1123 label
 * @param namespace RFC 1123 label
 */
public record ServiceName(String name, String namespace) implements Comparable<ServiceName> {
    public ServiceName {
        DnsLabel.require(name, "service name");
        DnsLabel.require(namespace, "namespace");
    }

    /**
     * Parses {@code name.namespace}.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static ServiceName parse(String text) {
        int dot = text.indexOf('.');
        if (dot < 0 || text.indexOf('.', dot + 1) >= 0) {
            throw new IllegalArgumentException(
                    "\"%s\" is not a service; write NAME.NAMESPACE, as in payments.shop".formatted(text));
        }
        return new ServiceName(text.substring(0, dot), text.substring(dot + 1));
    }

    /** Parses {@code name.namespace}, or a bare {@code name} in the given namespace. */
    public static ServiceName parse(String text, String defaultNamespace) {
        return text.indexOf('.') < 0 ? new ServiceName(text, defaultNamespace) : parse(text);
    }

    /** The host of this service in the given scope, fully qualified. */
    public MeshHost in(HostScope scope) {
        return new MeshHost(this, scope);
    }

    @Override
    public int compareTo(ServiceName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return name + "." + namespace;
    }
}
