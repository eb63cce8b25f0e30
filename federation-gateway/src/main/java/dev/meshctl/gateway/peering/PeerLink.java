package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.gateway.state.ImportStore.Kept;
import dev.meshctl.runtime.bundle.SpiffeJson;
import io.grpc.stub.CallStreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One link: the stream to the peer if there is one, {@linkplain PeerMessages what arrives on it}, {@linkplain PeerContent
 * what is kept of that}, and {@linkplain PeerPresence how long the peer has been away}. Its monitor guards all of it;
 * nothing in here blocks.
 */
final class PeerLink {
    static final Duration DEFAULT_GRACE = Duration.ofMinutes(10);

    private final PeerContext context;
    private final String peer;
    private final TrustDomain peerDomain;
    private final PeerContent content;
    private final PeerPresence presence;
    private final PeerMessages messages;
    private Link config;
    private @Nullable PeerSession session;

    /**
     * @param kept what an earlier run heard of this peer
     * @param onAddresses told where the peer says that its gateways are dialled; must not block
     */
    PeerLink(PeerContext context, Link config, Optional<Kept> kept, Consumer<List<String>> onAddresses) {
        this.context = context;
        this.config = config;
        this.peer = config.getPeer();
        this.peerDomain = new TrustDomain(config.getTrustDomain());
        this.content = new PeerContent(context, peer, peerDomain);
        this.presence = new PeerPresence(context, peer);
        this.messages = new PeerMessages(context, peer, content, presence, onAddresses, this::end);
        kept.filter(old -> old.imports().getPeer().equals(peer)).ifPresent(old -> {
            content.restore(old);
            presence.restore(old.imports().getStale(), old.imports().getDropped());
        });
    }

    String peer() {
        return peer;
    }

    TrustDomain peerDomain() {
        return peerDomain;
    }

    synchronized Link config() {
        return config;
    }

    synchronized void configure(Link next) {
        config = next;
    }

    synchronized boolean isActive() {
        return session != null && session.isSynced();
    }

    /** Tells the control plane all that is known, after the link was taken over. */
    synchronized void announce() {
        presence.report();
        if (presence.everConnected()) {
            context.uplink().importsChanged(peer);
        }
    }

    /** Takes a new stream; an older one is ended, for its peer has surely given it up. */
    synchronized PeerSession attach(CallStreamObserver<PeeringMessage> out, Runnable hangUp) {
        PeerSession mine = new PeerSession(
                out, context.exports(), context::ownBundle, context.addresses(), context.clock().instant(), hangUp);
        PeerSession older = session;
        session = mine;
        if (older != null) {
            context.counters().increment("peering_replaced");
            older.goodbye("replaced by a newer connection");
        }
        return mine;
    }

    /** Says hello on a stream that this side has opened. */
    synchronized void greet(PeerSession on) {
        String known = context.bundles().current().of(peerDomain).map(SpiffeJson::digest).orElse("");
        on.greet(Hello.newBuilder().setCluster(context.cluster()).setEpoch(context.epoch())
                .putAllKnownVersions(content.versions()).setKnownBundleDigest(known)
                .setMeshVersion(context.version()).setProtocolLevel(PeerRelease.PROTOCOL_LEVEL).build());
    }

    synchronized void ready(PeerSession on) {
        on.flush();
    }

    /** One message of the peer. */
    synchronized void receive(PeerSession on, PeeringMessage message) {
        if (!on.isOver()) {
            messages.receive(on, message);
        }
    }

    /** Ends a stream from this side. */
    synchronized void end(PeerSession on, String why) {
        on.goodbye(why);
        lost(on, why);
    }

    /** The stream has ended, whoever ended it. */
    synchronized void ended(PeerSession on, String why) {
        on.ended();
        lost(on, why);
    }

    private void lost(PeerSession on, String why) {
        if (session == on) {
            session = null;
            presence.lost(on.isSynced(), why);
        }
    }

    /** Why there is no stream. */
    synchronized void failed(String why) {
        if (session == null) {
            presence.failed(why);
        }
    }

    /** Why there is no stream yet, where trying again may help. */
    synchronized void trying(String why) {
        if (session == null) {
            presence.trying(why);
        }
    }

    /** Lets time pass: heartbeats, silence, staleness, the end of the grace. */
    synchronized void tick(Instant now) {
        PeerSession on = session;
        if (on != null) {
            on.tick(now).ifPresent(over -> {
                context.counters().increment(over.cause());
                end(on, over.why());
            });
        }
        if (session == null || !session.isSynced()) {
            // After a long sleep of this machine the peer may be stale and dropped at once.
            boolean aged;
            do {
                aged = age(now);
            } while (aged);
        }
    }

    private boolean age(Instant now) {
        PeerPresence.Aging aging = presence.age(now, grace());
        switch (aging) {
            case NOTHING -> {
                return false;
            }
            case STALE -> content.touch();
            case DROPPED -> content.drop();
        }
        context.uplink().importsChanged(peer);
        return true;
    }

    private Duration grace() {
        return config.getStaleGraceSeconds() == 0
                ? DEFAULT_GRACE : Duration.ofSeconds(Integer.toUnsignedLong(config.getStaleGraceSeconds()));
    }

    synchronized void exportsChanged(Collection<String> keys) {
        if (session != null) {
            session.changed(keys);
        }
    }

    synchronized void ownBundleChanged() {
        if (session != null) {
            session.bundleChanged();
        }
    }

    synchronized void addressesChanged() {
        if (session != null) {
            session.addressesChanged();
        }
    }

    /** What the control plane is told of the peer's services. Empty while the peer was never heard. */
    synchronized Optional<PeerImports> imports() {
        return presence.everConnected()
                ? Optional.of(content.imports(presence.isStale(), presence.isDropped())) : Optional.empty();
    }

    /** What has to be written to disk; empty if nothing changed since it was last asked. */
    synchronized Optional<Kept> takeUnsaved() {
        return content.isUnsaved() && presence.everConnected()
                ? Optional.of(content.keep(presence.isStale(), presence.isDropped())) : Optional.empty();
    }

    /** The link is removed, or the gateway stops. */
    synchronized void close(String why) {
        if (session != null) {
            end(session, why);
        }
    }
}
