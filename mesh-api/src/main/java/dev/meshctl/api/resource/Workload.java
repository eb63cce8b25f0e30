package dev.meshctl.api.resource;

import dev.meshctl.api.identity.SpiffeId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One running instance on a local cluster, as the proxy that hosts it reports it. Written by the control plane. */
public record Workload(Metadata metadata, Spec spec, @Default("{}") Status status) implements Resource {

    /**
     * What runs where.
     *
     * @param service in the same namespace; empty for a client only
     * @param version RFC 1123 label, or empty
     * @param identity SPIFFE ID
     * @param node the proxy that hosts it
     * @param inboundAddress IP literal
     */
    public record Spec(
            @Default("") String service,
            @Default("") String version,
            String serviceAccount,
            String identity,
            String node,
            @Default("") String inboundAddress,
            @Default("0") int inboundPort,
            List<Port> ports) {
        public Spec {
            ports = List.copyOf(ports);
            Check.optionalLabel(service, "service");
            Check.optionalLabel(version, "version");
            Check.text(serviceAccount, "serviceAccount");
            Check.text(node, "node");
            Check.optionalText(inboundAddress, "inboundAddress");
            Check.range(inboundPort, 0, 65535, "inboundPort");
            Check.items(ports, 0, 64, "ports");
            SpiffeId.parse(identity);
        }
    }

    /** A service port and where the application answers it. */
    public record Port(@Default("") String name, int servicePort, int appPort, @Default("auto") AppProtocol protocol) {
        public Port {
            Check.optionalLabel(name, "name");
            Check.port(servicePort, "servicePort");
            Check.port(appPort, "appPort");
        }
    }

    /** What is known of it now. */
    public record Status(
            @Default("false") boolean ready,
            @Default("false") boolean draining,
            Optional<Instant> started,
            Optional<Instant> svidNotAfter) {}

    @Override
    public Workload withMetadata(Metadata other) {
        return new Workload(other, spec, status);
    }
}
