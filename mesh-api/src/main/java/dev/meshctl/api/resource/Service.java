package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;
import java.util.List;
import java.util.OptionalInt;

/**
 * A service of a local cluster: what a Service says on Kubernetes. Its versions and instances are
 * {@link Workload}s.
 */
public record Service(Metadata metadata, Spec spec) implements Resource {
    /** Annotation: {@code "true"} makes {@code svc.cluster.local} reach every cluster that exports the service. */
    public static final String GLOBAL = "meshctl.dev/global";

    public Service {
        Check.label(metadata.name(), "metadata.name");
        String global = metadata.annotations().getOrDefault(GLOBAL, "false");
        Check.that(global.equals("true") || global.equals("false"), "metadata.annotations",
                GLOBAL + " to be \"true\" or \"false\"", global);
    }

    /** @param ports 1 to 64, with different names and numbers */
    public record Spec(List<Port> ports) {
        public Spec {
            ports = List.copyOf(ports);
            Check.items(ports, 1, 64, "ports");
            for (int i = 0; i < ports.size(); i++) {
                Port port = ports.get(i);
                List<Port> before = ports.subList(0, i);
                Check.that(before.stream().noneMatch(p -> p.port == port.port), "ports[" + i + "].port",
                        "a number that no other port has", port.port);
                Check.that(port.name.isEmpty() || before.stream().noneMatch(p -> p.name.equals(port.name)),
                        "ports[" + i + "].name", "a name that no other port has", port.name);
            }
        }
    }

    /**
     * One port.
     *
     * @param name RFC 1123 label, or empty
     * @param port that clients call
     * @param targetPort of the application; the same as {@code port} if empty
     */
    public record Port(
            @Default("") String name, int port, OptionalInt targetPort, @Default("auto") AppProtocol protocol) {
        public Port {
            Check.optionalLabel(name, "name");
            Check.port(port, "port");
            Check.port(targetPort, "targetPort");
        }
    }

    public ServiceName service() {
        return new ServiceName(metadata.name(), metadata.namespace());
    }

    /** True if the own cluster's name of the service reaches every cluster that exports it. */
    public boolean global() {
        return metadata.annotations().getOrDefault(GLOBAL, "false").equals("true");
    }

    @Override
    public Service withMetadata(Metadata other) {
        return new Service(other, spec);
    }
}
