package dev.meshctl.control.registry.kubernetes;

import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.AppProtocol;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the mesh needs to know of a Service.
 *
 * @param created empty if the API server has not said when
 * @param selects its pods by labels; without, somebody else writes its EndpointSlices
 * @param family of its first address: IPv4 or IPv6; empty if it has none
 * @param virtual its cluster IPs; none for a headless one
 * @param ports those of TCP
 */
record ServiceView(
        ServiceName name,
        Optional<Instant> created,
        boolean selects,
        boolean global,
        String family,
        List<String> virtual,
        List<Port> ports) {
    /** The type of a Service that is an alias. */
    static final String EXTERNAL_NAME = "ExternalName";

    private static final int MAX_PORTS = 64;
    private static final String NO_ADDRESS = "None";
    private static final Set<String> HTTP2 = Set.of("http2", "h2c", "kubernetes.io/h2c", "grpc");
    /** Protocols of which the first bytes say nothing, or come from the server. */
    private static final Set<String> OPAQUE = Set.of(
            "tcp", "tls", "https", "mysql", "postgres", "postgresql", "mongo", "mongodb", "redis", "kafka", "amqp", "smtp");

    record Port(String name, int number, AppProtocol protocol) {}

    /** Empty if it is not for the mesh: an alias of a name outside, or without a port of TCP. */
    static Optional<ServiceView> of(io.fabric8.kubernetes.api.model.Service service) {
        ServiceSpec spec = service.getSpec();
        String name = service.getMetadata().getName();
        if (spec == null || EXTERNAL_NAME.equals(spec.getType()) || !DnsLabel.isValid(name)) {
            return Optional.empty();
        }
        List<Port> ports = ports(spec);
        if (ports.isEmpty()) {
            return Optional.empty();
        }
        Map<String, String> annotations = Objects.requireNonNullElse(service.getMetadata().getAnnotations(), Map.of());
        return Optional.of(new ServiceView(
                new ServiceName(name, service.getMetadata().getNamespace()),
                created(service.getMetadata().getCreationTimestamp()),
                spec.getSelector() != null && !spec.getSelector().isEmpty(),
                "true".equals(annotations.get(Service.GLOBAL)),
                spec.getIpFamilies().isEmpty() ? "" : spec.getIpFamilies().getFirst(),
                virtual(spec),
                ports));
    }

    private static List<String> virtual(ServiceSpec spec) {
        List<String> all = new ArrayList<>(spec.getClusterIPs());
        if (all.isEmpty() && spec.getClusterIP() != null) {
            all.add(spec.getClusterIP());
        }
        all.removeIf(ip -> ip.isEmpty() || ip.equals(NO_ADDRESS));
        return List.copyOf(all);
    }

    private static List<Port> ports(ServiceSpec spec) {
        Map<Integer, Port> ports = new HashMap<>();
        for (ServicePort port : spec.getPorts()) {
            if (port.getPort() != null && (port.getProtocol() == null || port.getProtocol().equals("TCP"))) {
                String name = Objects.requireNonNullElse(port.getName(), "");
                ports.putIfAbsent(port.getPort(), new Port(name, port.getPort(), protocol(port.getAppProtocol(), name)));
            }
        }
        return ports.values().stream().sorted((a, b) -> Integer.compare(a.number(), b.number())).limit(MAX_PORTS).toList();
    }

    /** What {@code appProtocol} says; else the name of the port up to its first hyphen, as in {@code grpc-api}. */
    private static AppProtocol protocol(String appProtocol, String name) {
        String word = appProtocol == null || appProtocol.isEmpty() ? name.split("-", 2)[0] : appProtocol;
        String lower = word.toLowerCase(Locale.ROOT);
        return HTTP2.contains(lower) ? AppProtocol.HTTP2 : OPAQUE.contains(lower) ? AppProtocol.TCP : AppProtocol.AUTO;
    }

    private static Optional<Instant> created(@Nullable String text) {
        try {
            return Optional.ofNullable(text).map(Instant::parse);
        } catch (DateTimeParseException e) {
            return Optional.empty(); // only lists show it
        }
    }

    Service resource() {
        Map<String, String> annotations = global ? Map.of(Service.GLOBAL, "true") : Map.of();
        return new Service(
                new Metadata(name.name(), name.namespace(), Map.of(), annotations, "", 0, created),
                new Service.Spec(ports.stream().map(p -> new Service.Port(
                        DnsLabel.isValid(p.name()) ? p.name() : "", p.number(), OptionalInt.empty(), p.protocol())).toList()));
    }
}
