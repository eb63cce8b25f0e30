package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.Place;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds addresses for a new cluster: a loopback range of its own, or ports of 127.0.0.1 where there is only that. */
final class Addresses {
    private static final int FIRST_RANGE = 10;
    private static final int LAST_RANGE = 250;

    /** Listener -> last two bytes and port, in a range of the cluster's own. */
    private static final Map<String, String> IN_RANGE = Map.of(
            Cluster.TRUST_SIGNING, ".0.1:15013",
            Cluster.TRUST_BUNDLE, ".0.1:8443",
            Cluster.TRUST_METRICS, ".0.1:15014",
            Cluster.CONTROL_API, ".0.2:15012",
            Cluster.CONTROL_METRICS, ".0.2:15014",
            Cluster.GATEWAY_EAST_WEST, ".0.3:15443",
            Cluster.GATEWAY_METRICS, ".0.3:15020",
            Cluster.PROXY_ADMIN, ".0.4:15000",
            Cluster.PROXY_METRICS, ".0.4:15020");

    private Addresses() {}

    /** A range and its addresses. */
    record Choice(String range, Map<String, String> listen) {}

    /** @param offset where to begin to look; fleets that live side by side begin at different places */
    static Choice choose(Fleet fleet, int offset) throws IOException {
        return manyLoopbacks() ? ownRange(fleet, offset) : assignedPorts();
    }

    /** The first of the addresses that somebody listens on already. */
    static Optional<String> taken(Cluster cluster) {
        return cluster.local().listen().values().stream().sorted().filter(address -> !isFree(address)).findFirst();
    }

    private static Choice ownRange(Fleet fleet, int offset) {
        int ranges = LAST_RANGE - FIRST_RANGE + 1;
        for (int i = 0; i < ranges; i++) {
            String range = "127." + (FIRST_RANGE + Math.floorMod(offset + i, ranges));
            boolean known = fleet.clusters().stream().anyMatch(cluster ->
                    cluster.place() instanceof Place.Local local && local.range().equals(range));
            if (!known && isFree(range + ".0.1:15013")) {
                Map<String, String> listen = new TreeMap<>();
                IN_RANGE.forEach((name, rest) -> listen.put(name, range + rest));
                return new Choice(range, listen);
            }
        }
        throw CliError.failed("no loopback range is free for another cluster")
                .because("127." + FIRST_RANGE + " to 127." + LAST_RANGE + " are all in use")
                .next("meshctl cluster list, and remove one that is not needed");
    }

    // All are held until all are known, so that no port is given twice.
    private static Choice assignedPorts() throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        Map<String, String> listen = new TreeMap<>();
        try {
            for (String name : IN_RANGE.keySet()) {
                ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
                held.add(socket);
                listen.put(name, "127.0.0.1:" + socket.getLocalPort());
            }
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
        return new Choice("", listen);
    }

    private static boolean manyLoopbacks() {
        return isFree("127." + FIRST_RANGE + ".0.1:0");
    }

    private static boolean isFree(String address) {
        int colon = address.lastIndexOf(':');
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
