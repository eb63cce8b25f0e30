package dev.meshctl.gateway.peering;

import dev.meshctl.api.proto.control.LinkStatus;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;

/**
 * Whether a peer is there, since when it is not, and what its control plane is told of that. Guarded by its {@link
 * PeerLink}.
 */
final class PeerPresence {
    /** A peer that comes back sooner was never away, as far as anybody else is told. */
    static final Duration STALE_AFTER = Duration.ofSeconds(3);

    private static final Logger LOG = System.getLogger(PeerPresence.class.getName());

    private final PeerContext context;
    private final String peer;
    private Instant awaySince;
    private LinkPhase phase = LinkPhase.JOINING;
    private String reason = "";
    private boolean stale;
    private boolean dropped;
    private long lastSeenMillis;
    private double roundTripMillis;
    private int sessions;
    private PeerRelease release = PeerRelease.UNKNOWN;

    /** What the passing of time has done. */
    enum Aging {
        NOTHING,
        /** It is away: what it said last still counts. */
        STALE,
        /** It has been away for too long: what it said counts no more. */
        DROPPED
    }

    PeerPresence(PeerContext context, String peer) {
        this.context = context;
        this.peer = peer;
        this.awaySince = context.clock().instant();
    }

    /** As an earlier run has left it. */
    void restore(boolean wasStale, boolean wasDropped) {
        stale = wasStale;
        dropped = wasDropped;
        phase = stale ? LinkPhase.STALE : LinkPhase.ACTIVE;
        reason = "this gateway has restarted and is connecting";
    }

    boolean everConnected() {
        return phase == LinkPhase.ACTIVE || phase == LinkPhase.STALE;
    }

    boolean isStale() {
        return stale;
    }

    boolean isDropped() {
        return dropped;
    }

    /** The peer has said something. */
    void seen() {
        lastSeenMillis = context.clock().millis();
    }

    /** The peer has said what it is. It holds while the peer is away, until it says something else. */
    void introduced(PeerRelease said) {
        release = said;
    }

    /** The peer is there and has said all that it had to say. */
    void synced() {
        sessions++;
        stale = false;
        dropped = false;
        context.counters().increment("peering_synced");
        enter(LinkPhase.ACTIVE, "");
    }

    void roundTrip(double millis) {
        roundTripMillis = millis;
        report();
    }

    /** @param wasSynced whether the peer had been there in the session that is lost */
    void lost(boolean wasSynced, String why) {
        reason = why;
        if (wasSynced) {
            // Not at attempts that failed: being away starts once, however often it is tried to end it.
            awaySince = context.clock().instant();
            context.counters().increment("peering_lost");
            LOG.log(Level.INFO, "peering with " + peer + " ended: " + why);
        }
    }

    /** Why there is no stream. Shown as {@code Failed} where the peer has never been reached. */
    void failed(String why) {
        if (everConnected()) {
            reason = why;
        } else {
            enter(LinkPhase.FAILED, why);
        }
    }

    /** Why there is no stream yet, where trying again may help. */
    void trying(String why) {
        if (phase == LinkPhase.JOINING) {
            enter(LinkPhase.JOINING, why);
        } else if (phase != LinkPhase.FAILED) {
            reason = why;
        }
    }

    /** Lets time pass while the peer is away; to be called until it returns {@link Aging#NOTHING}. */
    Aging age(Instant now, Duration grace) {
        if (!everConnected()) {
            return Aging.NOTHING;
        }
        if (!stale && !now.isBefore(awaySince.plus(STALE_AFTER))) {
            stale = true;
            enter(LinkPhase.STALE, reason);
            return Aging.STALE;
        }
        if (stale && !dropped && !now.isBefore(awaySince.plus(grace))) {
            dropped = true;
            context.counters().increment("imports_dropped");
            enter(LinkPhase.STALE, "away for longer than " + grace.toSeconds() + " s, its services are dropped: " + reason);
            return Aging.DROPPED;
        }
        return Aging.NOTHING;
    }

    private void enter(LinkPhase next, String why) {
        if (phase != next) {
            LOG.log(Level.INFO, "link to " + peer + " is " + next.text() + (why.isEmpty() ? "" : ": " + why));
        }
        phase = next;
        reason = why;
        report();
    }

    /** Tells the control plane how the link is. */
    void report() {
        context.uplink().linkStatus(LinkStatus.newBuilder().setPeer(peer).setPhase(phase.text()).setReason(reason)
                .setLastSeenEpochMs(lastSeenMillis).setRttMs(roundTripMillis)
                .setReconnects(Math.max(0, sessions - 1)).setPeerVersion(release.version())
                .setPeerProtocolLevel(release.protocolLevel()).build());
    }
}
