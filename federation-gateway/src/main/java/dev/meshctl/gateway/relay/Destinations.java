package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.net.HostPort;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/**
 * How busy each address is and which of them failed of late. Picks by the power of two choices: of two
 * at random the one with fewer open connections, which spreads load without a shared queue.
 *
 * @see <a href="https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">Mitzenmacher et al., The
 *     Power of Two Random Choices</a>
 */
final class Destinations {
    /** For how long an address that refused a connection is tried only after the others. */
    static final Duration PENALTY = Duration.ofSeconds(5);

    private static final int MAX_PENALTIES = 1024;

    private final Map<InetSocketAddress, Integer> active = new ConcurrentHashMap<>();
    private final Map<InetSocketAddress, Instant> penalties = new ConcurrentHashMap<>();
    private final InstantSource clock;
    private final RandomGenerator random;

    Destinations(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    /** A socket address for a literal IP; an unresolved one for a name. Never asks DNS. */
    static InetSocketAddress toSocketAddress(HostPort address) {
        var ip = NetUtil.createInetAddressFromIpAddressString(address.host());
        return ip == null
                ? InetSocketAddress.createUnresolved(address.host(), address.port())
                : new InetSocketAddress(ip, address.port());
    }

    /** The order to try workloads in: the better of two random ones first, those that failed of late last. */
    List<InetSocketAddress> balanced(List<InetSocketAddress> candidates) {
        List<InetSocketAddress> order = new ArrayList<>(candidates);
        Collections.shuffle(order, random);
        if (order.size() > 1 && active(order.get(1)) < active(order.getFirst())) {
            Collections.swap(order, 0, 1);
        }
        return penalisedLast(order);
    }

    /** The order to try gateways in: as the link lists them, those that failed of late last. */
    List<InetSocketAddress> healthyFirst(List<InetSocketAddress> candidates) {
        return penalisedLast(candidates);
    }

    private List<InetSocketAddress> penalisedLast(List<InetSocketAddress> candidates) {
        Instant now = clock.instant();
        List<InetSocketAddress> good = new ArrayList<>(candidates.size());
        List<InetSocketAddress> bad = new ArrayList<>();
        for (InetSocketAddress candidate : candidates) {
            Instant until = penalties.get(candidate);
            (until != null && now.isBefore(until) ? bad : good).add(candidate);
        }
        good.addAll(bad);
        return good;
    }

    private int active(InetSocketAddress address) {
        return active.getOrDefault(address, 0);
    }

    void opened(InetSocketAddress address) {
        penalties.remove(address);
        active.merge(address, 1, Integer::sum);
    }

    void closed(InetSocketAddress address) {
        active.computeIfPresent(address, (a, count) -> count > 1 ? count - 1 : null);
    }

    void failed(InetSocketAddress address) {
        Instant now = clock.instant();
        if (penalties.size() >= MAX_PENALTIES) {
            penalties.values().removeIf(until -> !now.isBefore(until));
        }
        if (penalties.size() < MAX_PENALTIES) {
            penalties.put(address, now.plus(PENALTY));
        }
    }
}
