package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.gateway.state.Uplink;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer says that its gateways are dialled, until the link has it so. What is new is added to the link at once,
 * and takes the place of what the link had when one of the new addresses has answered as the peer's gateway: a peer
 * that moves is reached at either place meanwhile. One virtual thread while there is something to find out.
 */
final class PeerAddresses implements AutoCloseable {
    static final int MAX_ADDRESSES = 16;

    private static final Logger LOG = System.getLogger(PeerAddresses.class.getName());
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final String peer;
    private final TrustDomain domain;
    private final SvidSource svid;
    private final BundleSource bundles;
    private final Uplink uplink;
    private final Backoff backoff;
    private final Counters counters;
    private List<String> configured = List.of();
    private List<String> heard = List.of();
    private @Nullable Thread asking;
    private boolean closed;

    PeerAddresses(String peer, TrustDomain domain, SvidSource svid, BundleSource bundles, Uplink uplink, Backoff backoff,
            Counters counters) {
        this.peer = peer;
        this.domain = domain;
        this.svid = svid;
        this.bundles = bundles;
        this.uplink = uplink;
        this.backoff = backoff;
        this.counters = counters;
    }

    /** The link has these now. */
    synchronized void configure(List<String> addresses) {
        configured = List.copyOf(addresses);
        ask();
    }

    /** The peer says so. Does not block. */
    synchronized void heard(List<String> said) {
        if (said.isEmpty() || said.size() > MAX_ADDRESSES || !said.stream().allMatch(PeerAddresses::isAddress)) {
            counters.increment("peer_addresses_invalid");
            return;
        }
        heard = List.copyOf(said);
        ask();
    }

    private static boolean isAddress(String text) {
        try {
            return HostPort.parse(text).port() > 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private void ask() {
        if (!closed && asking == null && isOpen()) {
            backoff.reset();
            asking = Thread.ofVirtual().name("gateway-addresses-" + peer).start(this::run);
        }
    }

    private boolean isOpen() {
        return !heard.isEmpty() && !heard.equals(configured);
    }

    private void run() {
        try {
            for (List<String> said = next(); !said.isEmpty(); said = next()) {
                tryToFindOut(said);
                TimeUnit.MILLISECONDS.sleep(Math.max(1, backoff.next().toMillis()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void tryToFindOut(List<String> said) throws InterruptedException {
        try {
            findOut(said);
        } catch (RuntimeException e) {
            // This thread is remembered as the one that asks: if it ended here, nobody would any more.
            counters.increment("peer_addresses_failed");
            LOG.log(Level.ERROR, "where " + peer + " is dialled could not be found out; trying again", e);
        }
    }

    private void findOut(List<String> said) throws InterruptedException {
        uplink.addresses(update(said, false));
        boolean working = answersAtOneOf(said);
        counters.increment(working ? "peer_addresses_working" : "peer_addresses_not_working");
        if (working) {
            LOG.log(Level.INFO, "the gateways of " + peer + " are dialled at " + said + " from now on");
            uplink.addresses(update(said, true));
        }
    }

    /** What is to be found out; empty, and this thread forgotten, if nothing is. */
    private synchronized List<String> next() {
        if (closed || !isOpen()) {
            asking = null;
            return List.of();
        }
        return heard;
    }

    private AddressUpdate update(List<String> said, boolean working) {
        return AddressUpdate.newBuilder().setPeer(peer).addAllAddresses(said).setWorking(working).build();
    }

    private boolean answersAtOneOf(List<String> said) throws InterruptedException {
        for (String text : said) {
            if (answers(HostPort.parse(text))) {
                return true;
            }
        }
        return false;
    }

    /** Whether the peer's gateway, by its identity, is there. */
    private boolean answers(HostPort address) throws InterruptedException {
        SpiffeId expected = SpiffeId.of(domain, SystemIdentity.FEDERATION_GATEWAY);
        ManagedChannel channel = MeshChannel.builder(address, svid, bundles, expected::equals, "peering." + domain).build();
        try {
            return MeshChannel.isReady(channel, ANSWER);
        } finally {
            channel.shutdownNow();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (asking != null) {
            asking.interrupt();
        }
    }
}
