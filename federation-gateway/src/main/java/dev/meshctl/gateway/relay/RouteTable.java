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
    private final Map<String, Peer> peers;

    private record Export(Set<Integer> ports, List<Target> ready) {}

    private record Peer(String trustDomain, List<InetSocketAddress> gateways) {}

    private record Target(String version, InetSocketAddress address) {}

    private RouteTable(String cluster, TrustDomain trustDomain, Map<ServiceName, Export> exports,
            Map<String, Peer> peers) {
        this.cluster = cluster;
        this.trustDomain = trustDomain;
        this.exports = Map.copyOf(exports);
        this.peers = Map.copyOf(peers);
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
        Map<String, Peer> peers = new HashMap<>();
        for (Link link : state.getLinksList()) {
            peers.put(link.getPeer(), new Peer(link.getTrustDomain(), gatewaysOf(link, ignored)));
        }
        return new RouteTable(cluster, trustDomain, exports, peers);
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
        peers.values().forEach(peer -> peer.gateways.forEach(address ->
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
        return targets.isEmpty() ? new Route.Refused(RefusalCause.NO_READY_TARGET)
                : new Route.Workloads(name.service(), name.port(), targets);
    }

    private Route other(SniName name, boolean transitAllowed) {
        if (!transitAllowed) {
            return new Route.Refused(RefusalCause.TRANSIT_REFUSED);
        }
        Peer peer = peers.get(name.cluster());
        if (peer == null) {
            return new Route.Refused(RefusalCause.UNKNOWN_CLUSTER);
        }
        return peer.gateways.isEmpty() ? new Route.Refused(RefusalCause.PEER_UNREACHABLE)
                : new Route.Peer(name.cluster(), peer.trustDomain, peer.gateways);
    }

    /**
     * Why what was relayed by this route of an earlier table must end. Empty if it may go on: where it leads to is still
     * linked or exported, whatever its addresses are now.
     */
    Optional<CutCause> withdrawn(Route route) {
        return switch (route) {
            case Route.Workloads(var service, int port, var targets) -> isExported(service, port)
                    ? Optional.empty() : Optional.of(CutCause.EXPORT_REMOVED);
            case Route.Peer(String peer, String domain, var gateways) -> isLinked(peer, domain)
                    ? Optional.empty() : Optional.of(CutCause.LINK_REMOVED);
            case Route.Peering _, Route.LinkHandshake _, Route.Refused _ -> Optional.empty();
        };
    }

    private boolean isExported(ServiceName service, int port) {
        Export export = exports.get(service);
        return export != null && export.ports.contains(port);
    }

    private boolean isLinked(String peer, String domain) {
        Peer linked = peers.get(peer);
        // Another mesh may be linked by the same name.
        return linked != null && linked.trustDomain.equals(domain);
    }
}
