package dev.meshctl.gateway.peering;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.proto.peering.Bundle;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.gateway.state.ImportStore.Kept;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import io.grpc.stub.CallStreamObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One link: what the peer exports, the stream to it if there is one, and how long it has been away. Its
 * monitor guards all of it; nothing in here blocks.
 */
final class PeerLink {
    /** A peer that comes back sooner was never away, as far as anybody else is told. */
    static final Duration STALE_AFTER = Duration.ofSeconds(3);
    static final Duration DEFAULT_GRACE = Duration.ofMinutes(10);

    private static final Logger LOG = System.getLogger(PeerLink.class.getName());

    private final PeerContext context;
    private final String peer;
    private final TrustDomain peerDomain;
    private final Imports imports;
    private final Consumer<List<String>> onAddresses;
    private Link config;
    private @Nullable PeerSession session;
    private @Nullable BundleUpdate bundle;
    private Instant awaySince;
    private LinkPhase phase = LinkPhase.JOINING;
    private String reason = "";
    private boolean stale;
    private boolean dropped;
    private boolean unsaved;
    private long lastSeenMillis;
    private double roundTripMillis;
    private int sessions;
    private String peerEpoch = "";

    /**
     * @param kept what an earlier run heard of this peer
     * @param onAddresses told where the peer says that its gateways are dialled; must not block
     */
    PeerLink(PeerContext context, Link config, Optional<Kept> kept, Consumer<List<String>> onAddresses) {
        this.context = context;
        this.config = config;
        this.onAddresses = onAddresses;
        this.peer = config.getPeer();
        this.peerDomain = new TrustDomain(config.getTrustDomain());
        this.imports = new Imports(new ImportRules(peer, peerDomain));
        this.awaySince = context.clock().instant();
        kept.filter(old -> old.imports().getPeer().equals(peer)).ifPresent(this::restore);
    }

    private void restore(Kept kept) {
        for (ExportedService service : kept.imports().getServicesList()) {
            take(service);
        }
        unsaved = false;
        stale = kept.imports().getStale();
        dropped = kept.imports().getDropped();
        phase = stale ? LinkPhase.STALE : LinkPhase.ACTIVE;
        reason = "this gateway has restarted and is connecting";
        bundle = kept.bundle();
        if (bundle != null) {
            hearBundle(bundle.getTrustDomain(), bundle.getBundle());
        }
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
        report();
        if (everConnected()) {
            context.uplink().importsChanged(peer);
        }
    }

    private boolean everConnected() {
        return phase == LinkPhase.ACTIVE || phase == LinkPhase.STALE;
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
                .putAllKnownVersions(imports.versions()).setKnownBundleDigest(known).build());
    }

    synchronized void ready(PeerSession on) {
        on.flush();
    }

    /** One message of the peer. */
    synchronized void receive(PeerSession on, PeeringMessage message) {
        if (on.isOver()) {
            return;
        }
        on.heard(context.clock().instant());
        lastSeenMillis = context.clock().millis();
        if (!on.peerHelloSeen() && !message.hasHello()) {
            violation(on, "peering_no_hello", "its first message is no hello");
            return;
        }
        switch (message.getMessageCase()) {
            case HELLO -> hello(on, message.getHello());
            case UPDATE -> {
                context.counters().increment("peering_updates_received");
                if (take(message.getUpdate().getService())) {
                    importsChanged(on);
                }
                on.received(message.getSequence());
            }
            case REMOVED -> {
                context.counters().increment("peering_removals_received");
                if (imports.remove(message.getRemoved().getName() + "." + message.getRemoved().getNamespace())) {
                    importsChanged(on);
                }
                on.received(message.getSequence());
            }
            case BUNDLE -> {
                bundle(message.getBundle());
                on.received(message.getSequence());
            }
            case SYNC_DONE -> {
                synced(on);
                on.received(message.getSequence());
            }
            case ACK -> on.acknowledged(message.getAck().getSequence());
            case HEARTBEAT -> heartbeat(on, message.getHeartbeat().getId(), message.getHeartbeat().getReply());
            case GOODBYE -> end(on, "the peer said goodbye: " + printable(message.getGoodbye().getReason()));
            case ADDRESSES -> onAddresses.accept(message.getAddresses().getAddressesList());
            case MESSAGE_NOT_SET -> context.counters().increment("peering_message_unknown");
        }
    }

    private void hello(PeerSession on, Hello hello) {
        if (on.peerHelloSeen()) {
            violation(on, "peering_second_hello", "it said hello twice");
        } else if (!hello.getCluster().equals(peer)) {
            violation(on, "peering_foreign_cluster", "it says it is cluster \"" + printable(hello.getCluster()) + "\"");
        } else {
            if (!peerEpoch.isEmpty() && !peerEpoch.equals(hello.getEpoch())) {
                // Nothing to forget: versions are digests of the content, so they hold across epochs.
                context.counters().increment("peering_epoch_changed");
            }
            peerEpoch = hello.getEpoch();
            on.greeted(hello);
        }
    }

    private boolean take(ExportedService service) {
        try {
            if (imports.put(service) == Imports.Put.TAKEN_WITHOUT_ROUTES) {
                context.counters().increment("import_routes_ignored");
                LOG.log(Level.WARNING, "took " + ExportSet.keyOf(service) + " of " + peer + " over without its routes:"
                        + " they cannot be read or lead to services of other clusters");
            }
            return true;
        } catch (ImportRules.Broken e) {
            context.counters().increment("import_refused_" + e.label());
            LOG.log(Level.WARNING, "refused a service that " + peer + " exports: " + printable(e.getMessage()));
            return false;
        }
    }

    private void importsChanged(PeerSession on) {
        unsaved = true;
        if (on.isSynced()) {
            context.uplink().importsChanged(peer);
        }
    }

    private void bundle(Bundle message) {
        if (!message.getTrustDomain().equals(peerDomain.name())) {
            context.counters().increment("bundle_foreign_trust_domain");
            LOG.log(Level.WARNING, "refused a bundle of \"" + printable(message.getTrustDomain()) + "\" from " + peer
                    + ", which may speak for " + peerDomain + " only");
            return;
        }
        if (hearBundle(message.getTrustDomain(), message.getSpiffeJson())) {
            bundle = BundleUpdate.newBuilder().setPeer(peer).setTrustDomain(peerDomain.name())
                    .setBundle(message.getSpiffeJson()).build();
            unsaved = true;
            context.uplink().bundle(bundle);
        }
    }

    private boolean hearBundle(String domain, ByteString json) {
        try {
            TrustBundle heard = SpiffeJson.read(new TrustDomain(domain), json.toByteArray());
            if (heard.authorities().isEmpty() || !heard.trustDomain().equals(peerDomain)) {
                context.counters().increment("bundle_empty");
                return false;
            }
            boolean newer = context.bundles().heard(heard);
            if (!newer) {
                context.counters().increment("bundle_not_newer");
            }
            return newer;
        } catch (IllegalArgumentException e) {
            context.counters().increment("bundle_unreadable");
            LOG.log(Level.WARNING, "refused a bundle from " + peer + ": " + printable(e.getMessage()));
            return false;
        }
    }

    private void synced(PeerSession on) {
        on.synced();
        sessions++;
        stale = false;
        dropped = false;
        unsaved = true;
        context.counters().increment("peering_synced");
        setPhase(LinkPhase.ACTIVE, "");
        context.uplink().importsChanged(peer);
    }

    private void heartbeat(PeerSession on, long id, boolean reply) {
        if (!reply) {
            on.heartbeatAsked(id);
            return;
        }
        double millis = on.roundTripMillis(id);
        if (millis >= 0) {
            roundTripMillis = millis;
            report();
        }
    }

    private void violation(PeerSession on, String cause, String what) {
        context.counters().increment(cause);
        LOG.log(Level.WARNING, "ended peering with " + peer + ": " + what);
        on.goodbye(what);
        lost(on, what);
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
            reason = why;
            if (on.isSynced()) {
                // Not at attempts that failed: being away starts once, however often it is tried to end it.
                awaySince = context.clock().instant();
                context.counters().increment("peering_lost");
                LOG.log(Level.INFO, "peering with " + peer + " ended: " + why);
            }
        }
    }

    /** Why there is no stream. Shown as {@code Failed} where the peer has never been reached. */
    synchronized void failed(String why) {
        if (!everConnected() && session == null) {
            setPhase(LinkPhase.FAILED, why);
        } else if (session == null) {
            reason = why;
        }
    }

    /** Why there is no stream yet, where trying again may help. */
    synchronized void trying(String why) {
        if (session != null) {
            return;
        }
        if (phase == LinkPhase.JOINING) {
            setPhase(LinkPhase.JOINING, why);
        } else if (phase != LinkPhase.FAILED) {
            reason = why;
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
            age(now);
        }
    }

    private void age(Instant now) {
        if (!everConnected()) {
            return;
        }
        if (!stale && !now.isBefore(awaySince.plus(STALE_AFTER))) {
            stale = true;
            unsaved = true;
            setPhase(LinkPhase.STALE, reason);
            context.uplink().importsChanged(peer);
        }
        if (stale && !dropped && !now.isBefore(awaySince.plus(grace()))) {
            dropped = true;
            unsaved = true;
            imports.clear();
            context.counters().increment("imports_dropped");
            setPhase(LinkPhase.STALE, "away for longer than " + grace().toSeconds() + " s, its services are dropped: "
                    + reason);
            context.uplink().importsChanged(peer);
        }
    }

    private Duration grace() {
        return config.getStaleGraceSeconds() == 0
                ? DEFAULT_GRACE : Duration.ofSeconds(Integer.toUnsignedLong(config.getStaleGraceSeconds()));
    }

    private void setPhase(LinkPhase next, String why) {
        if (phase != next) {
            LOG.log(Level.INFO, "link to " + peer + " is " + next.text() + (why.isEmpty() ? "" : ": " + why));
        }
        phase = next;
        reason = why;
        report();
    }

    private void report() {
        context.uplink().linkStatus(LinkStatus.newBuilder().setPeer(peer).setPhase(phase.text()).setReason(reason)
                .setLastSeenEpochMs(lastSeenMillis).setRttMs(roundTripMillis)
                .setReconnects(Math.max(0, sessions - 1)).build());
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
        return everConnected() ? Optional.of(snapshot()) : Optional.empty();
    }

    private PeerImports snapshot() {
        return PeerImports.newBuilder().setPeer(peer).setStale(stale).setDropped(dropped)
                .addAllServices(imports.all()).build();
    }

    /** What has to be written to disk; empty if nothing changed since it was last asked. */
    synchronized Optional<Kept> takeUnsaved() {
        if (!unsaved || !everConnected()) {
            return Optional.empty();
        }
        unsaved = false;
        return Optional.of(new Kept(snapshot(), bundle));
    }

    /** The link is removed, or the gateway stops. */
    synchronized void close(String why) {
        if (session != null) {
            end(session, why);
        }
    }

    private static String printable(@Nullable String foreign) {
        String text = foreign == null ? "" : foreign.replaceAll("[^\\x20-\\x7e]", "?");
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
