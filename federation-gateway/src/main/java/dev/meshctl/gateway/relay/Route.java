package dev.meshctl.gateway.relay;

import dev.meshctl.api.name.ServiceName;
import java.net.InetSocketAddress;
import java.util.List;

/** Where a connection goes: decided from its server name alone, before anything is done. */
sealed interface Route {
    /** To one of these ready workloads of this cluster, as a port of an exported service; never empty. */
    record Workloads(ServiceName service, int port, List<InetSocketAddress> targets) implements Route {}

    /** To a gateway of a linked cluster; addresses may be unresolved names; never empty. */
    record Peer(String cluster, String trustDomain, List<InetSocketAddress> gateways) implements Route {}

    /** To the gateway's own peering server. */
    record Peering() implements Route {}

    /** To the gateway's own link handshake server. */
    record LinkHandshake() implements Route {}

    /** Nowhere. */
    record Refused(RefusalCause cause) implements Route {}
}
