package dev.meshctl.control.federation;

import dev.meshctl.control.registry.GatewayReach;
import dev.meshctl.runtime.net.HostPort;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** Where a peer's gateways are dialled while they move. */
final class PeerPlaces {
    private PeerPlaces() {}

    /**
     * The addresses that a link has from now on.
     *
     * @param said where the peer says that it is now
     * @param working one of them has answered as the peer: no other is needed any more
     * @throws IllegalArgumentException if there is none, or one that is no {@code host:port}
     */
    static List<String> next(List<String> present, List<String> said, boolean working) {
        List<String> told = said.stream().limit(GatewayReach.MAX_ADDRESSES).map(a -> HostPort.parse(a).toString()).toList();
        if (told.isEmpty()) {
            throw new IllegalArgumentException("a peer without addresses");
        }
        if (working) {
            return told;
        }
        LinkedHashSet<String> all = new LinkedHashSet<>(present);
        all.addAll(told);
        List<String> next = new ArrayList<>(all);
        // Of what does not fit, the oldest goes: it has been said least lately.
        for (int i = 0; next.size() > GatewayReach.MAX_ADDRESSES && i < next.size(); ) {
            if (told.contains(next.get(i))) {
                i++;
            } else {
                next.remove(i);
            }
        }
        return List.copyOf(next);
    }
}
