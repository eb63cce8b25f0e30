package dev.meshctl.gateway.relay;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.name.SniName;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.runtime.net.HostPort;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** From a server name to a {@link Route}: immutable, built once for each state the control plane sends. */
public final class RouteTable {
    private final String cluster;
    private final TrustDomain trustDomain;
    private final Map<ServiceName, Export> exports;
    private final Map<String, List<InetSocketAddress>> gateways;

    private record Export(Set<Integer> ports, List<Target> ready) {}

    private record Target(String version, InetSocketAddress address) {}

    private RouteTable(String cluster, TrustDomain trustDomain, Map<ServiceName, Export> exports,
            Map<String, List<InetSocketAddress>> gateways) {
        this.cluster = cluster;
        this.trustDomain = trustDomain;
        this.exports = Map.copyOf(exports);
        this.gateways = Map.copyOf(gateways);
    }

    /** The table of a gateway that knows nothing but who it is: peering and link handshakes are served. */
    public static RouteTable empty(String cluster, TrustDomain trustDomain) {
        return new RouteTable(cluster, trustDomain, Map.of(), Map.of());
    }

    /**
     * The table of a state.
     *
     * @param ignored told of each entry that is not valid and is left out
     */
    public static RouteTable of(String cluster, TrustDomain trustDomain, GatewayState state,
            Consumer<String> ignored) {
        Map<ServiceName, Export> exports = new HashMap<>();
        for (LocalExport export : state.getExportsList()) {
            try {
                exports.put(new ServiceName(export.getService().getName(), export.getService().getNamespace()),
                        export(export, ignored));
            } catch (IllegalArgumentException e) {
                ignored.accept("export: " + e.getMessage());
            }
        }
        Map<String, List<InetSocketAddress>> gateways = new HashMap<>();
        for (Link link : state.getLinksList()) {
            gateways.put(link.getPeer(), gatewaysOf(link, ignored));
        }
        return new RouteTable(cluster, trustDomain, exports, gateways);
    }

    private static Export export(LocalExport export, Consumer<String> ignored) {
        Set<Integer> ports = export.getService().getPortsList().stream()
                .map(ExportedPort::getNumber).collect(Collectors.toUnmodifiableSet());
        List<Target> ready = new ArrayList<>();
        for (RelayTarget target : export.getTargetsList()) {
            byte[] ip = NetUtil.createByteArrayFromIpAddressString(target.getAddress());
            if (ip == null || target.getPort() < 1 || target.getPort() > 65535) {
                ignored.accept("relay target " + target.getWorkload() + " has no usable address: "
                        + target.getAddress() + ":" + target.getPort());
            } else if (target.getReady()) {
                ready.add(new Target(target.getVersion(),
                        new InetSocketAddress(NetUtil.createInetAddressFromIpAddressString(target.getAddress()),
                                target.getPort())));
            }
        }
        return new Export(ports, List.copyOf(ready));
    }

    private static List<InetSocketAddress> gatewaysOf(Link link, Consumer<String> ignored) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String text : link.getAddressesList()) {
            try {
                addresses.add(Destinations.toSocketAddress(HostPort.parse(text)));
            } catch (IllegalArgumentException e) {
                ignored.accept("address of link " + link.getPeer() + ": " + e.getMessage());
            }
        }
        return List.copyOf(addresses);
    }

    /** The IP addresses of the gateways of linked clusters, as far as links name them by IP. */
    Set<InetAddress> gatewayAddresses() {
        Set<InetAddress> addresses = new HashSet<>();
        gateways.values().forEach(list -> list.forEach(address ->
                Optional.ofNullable(address.getAddress()).ifPresent(addresses::add)));
        return addresses;
    }

    /**
     * Decides.
     *
     * @param serverName lower case; empty if the client named none
     * @param transitAllowed whether the client is of this cluster's side, so it may go on to other clusters
     */
    Route route(String serverName, boolean transitAllowed) {
        if (serverName.equals("peering." + trustDomain)) {
            return new Route.Peering();
        }
        if (serverName.equals("link." + trustDomain)) {
            return new Route.LinkHandshake();
        }
        Optional<SniName> name = SniName.parse(serverName);
        if (name.isEmpty()) {
            return new Route.Refused(RefusalCause.UNKNOWN_SNI);
        }
        return name.get().cluster().equals(cluster) ? own(name.get()) : other(name.get(), transitAllowed);
    }

    private Route own(SniName name) {
        Export export = exports.get(name.service());
        if (export == null || !export.ports.contains(name.port())) {
            return new Route.Refused(RefusalCause.NOT_EXPORTED);
        }
        List<InetSocketAddress> targets = export.ready.stream()
                .filter(target -> name.version().isEmpty() || name.version().equals(target.version))
                .map(Target::address).toList();
        return targets.isEmpty() ? new Route.Refused(RefusalCause.NO_READY_TARGET) : new Route.Workloads(targets);
    }

    private Route other(SniName name, boolean transitAllowed) {
        if (!transitAllowed) {
            return new Route.Refused(RefusalCause.TRANSIT_REFUSED);
        }
        List<InetSocketAddress> addresses = gateways.get(name.cluster());
        if (addresses == null) {
            return new Route.Refused(RefusalCause.UNKNOWN_CLUSTER);
        }
        return addresses.isEmpty()
                ? new Route.Refused(RefusalCause.PEER_UNREACHABLE) : new Route.Peer(name.cluster(), addresses);
    }
}
