package dev.meshctl.proxy.host;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.proxy.flow.AppPort;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A workload to be hosted, checked.
 *
 * @param id unique in the mesh; also a file name
 * @param service empty for a client only
 * @param version empty, or an RFC 1123 label
 * @param ports as given, for the report
 * @param appPorts the same by service port
 * @param appAddress where the application listens
 */
record WorkloadSpec(
        String id,
        Optional<ServiceName> service,
        String namespace,
        String version,
        SpiffeId identity,
        List<WorkloadPort> ports,
        Map<Integer, AppPort> appPorts,
        InetAddress appAddress,
        List<UpstreamSpec> upstreams) {

    /** A listener for one upstream; {@code localPort} 0: any. */
    record UpstreamSpec(MeshHost host, String asNamed, int port, int localPort) {}

    private static final int MAX_PORTS = 64;
    private static final int MAX_UPSTREAMS = 64;
    private static final Pattern ID = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

    /**
     * Checks what a client asks for.
     *
     * @throws HostRefused {@code invalid_workload}; names the field, the value and the rule
     */
    static WorkloadSpec of(HostWorkload wire, TrustDomain trustDomain) throws HostRefused {
        try {
            return checked(wire, trustDomain);
        } catch (IllegalArgumentException e) {
            throw new HostRefused("invalid_workload", String.valueOf(e.getMessage()), e);
        }
    }

    private static WorkloadSpec checked(HostWorkload wire, TrustDomain trustDomain) {
        require(ID.matcher(wire.getId()).matches(),
                "id \"%s\" must be 1 to 253 lower-case letters, digits, inner dots or hyphens", wire.getId());
        DnsLabel.require(wire.getNamespace(), "namespace");
        require(!wire.getNamespace().equals(SpiffeId.SYSTEM_NAMESPACE),
                "namespace \"%s\" is the mesh's own; choose another", wire.getNamespace());
        if (!wire.getVersion().isEmpty()) {
            DnsLabel.require(wire.getVersion(), "version");
        }
        Optional<ServiceName> service = wire.getService().isEmpty()
                ? Optional.empty() : Optional.of(new ServiceName(wire.getService(), wire.getNamespace()));
        require(service.isEmpty() || wire.getPortsCount() > 0,
                "service \"%s\" needs at least one port", wire.getService());
        return new WorkloadSpec(
                wire.getId(),
                service,
                wire.getNamespace(),
                wire.getVersion(),
                new SpiffeId(trustDomain, wire.getNamespace(), wire.getServiceAccount()),
                List.copyOf(wire.getPortsList()),
                appPorts(wire.getPortsList()),
                appAddress(wire.getAppAddress()),
                upstreams(wire.getUpstreamsList(), wire.getNamespace()));
    }

    private static Map<Integer, AppPort> appPorts(List<WorkloadPort> wire) {
        require(wire.size() <= MAX_PORTS, "a workload has at most %s ports", MAX_PORTS);
        Map<Integer, AppPort> ports = new LinkedHashMap<>();
        for (WorkloadPort port : wire) {
            AppPort app = new AppPort(port.getServicePort(), port.getAppPort(), protocol(port.getProtocol()));
            require(ports.put(port.getServicePort(), app) == null,
                    "service port %s is there twice", port.getServicePort());
        }
        return ports;
    }

    private static Protocol protocol(String name) {
        return switch (name) {
            case "" -> Protocol.DETECT;
            case "http1" -> Protocol.HTTP1;
            case "http2" -> Protocol.HTTP2;
            case "tcp" -> Protocol.TCP;
            default -> throw new IllegalArgumentException(
                    "protocol \"" + name + "\" is not known; expected http1, http2, tcp or nothing");
        };
    }

    private static InetAddress appAddress(String literal) {
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(literal.isEmpty() ? "127.0.0.1" : literal);
        if (address == null) {
            throw new IllegalArgumentException("app_address \"" + literal + "\" is not an IP address");
        }
        return address;
    }

    private static List<UpstreamSpec> upstreams(List<Upstream> wire, String namespace) {
        require(wire.size() <= MAX_UPSTREAMS, "a workload has at most %s upstreams", MAX_UPSTREAMS);
        List<UpstreamSpec> upstreams = new ArrayList<>();
        Set<Integer> localPorts = new HashSet<>();
        for (Upstream upstream : wire) {
            MeshHost host = MeshHost.parse(upstream.getHost(), namespace).orElseThrow(() ->
                    new IllegalArgumentException("upstream \"" + upstream.getHost() + "\" is no host of the mesh; "
                            + "write NAME.NAMESPACE or NAME.NAMESPACE.svc.clusterset.local"));
            require(upstream.getPort() >= 1 && upstream.getPort() <= 65535,
                    "upstream port %s must be 1 to 65535", upstream.getPort());
            require(upstream.getLocalPort() >= 0 && upstream.getLocalPort() <= 65535,
                    "local port %s must be 0 to 65535", upstream.getLocalPort());
            require(upstream.getLocalPort() == 0 || localPorts.add(upstream.getLocalPort()),
                    "local port %s is there twice", upstream.getLocalPort());
            upstreams.add(new UpstreamSpec(host, upstream.getHost(), upstream.getPort(), upstream.getLocalPort()));
        }
        return upstreams;
    }

    private static void require(boolean condition, String message, Object value) {
        if (!condition) {
            throw new IllegalArgumentException(message.formatted(value));
        }
    }

    /** The name by which the workload is known as a caller: its service, or its service account. */
    ServiceName callerName() {
        return service.orElseGet(() -> new ServiceName(
                DnsLabel.isValid(identity.serviceAccount()) ? identity.serviceAccount() : "client", namespace));
    }
}
