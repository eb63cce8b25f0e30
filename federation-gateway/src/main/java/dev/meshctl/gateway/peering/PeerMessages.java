package dev.meshctl.gateway.peering;

import dev.meshctl.api.proto.peering.Heartbeat;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringMessage;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What each message of a peer means. A peer that breaks the order of a conversation loses it. Guarded by its {@link PeerLink}. */
final class PeerMessages {
    private static final Logger LOG = System.getLogger(PeerMessages.class.getName());

    private final PeerContext context;
    private final String peer;
    private final PeerContent content;
    private final PeerPresence presence;
    private final Consumer<List<String>> onAddresses;
    private final BiConsumer<PeerSession, String> end;
    private String peerEpoch = "";

    /**
     * @param onAddresses told where the peer says that its gateways are dialled
     * @param end ends a session for a reason
     */
    PeerMessages(PeerContext context, String peer, PeerContent content, PeerPresence presence,
            Consumer<List<String>> onAddresses, BiConsumer<PeerSession, String> end) {
        this.context = context;
        this.peer = peer;
        this.content = content;
        this.presence = presence;
        this.onAddresses = onAddresses;
        this.end = end;
    }

    void receive(PeerSession on, PeeringMessage message) {
        on.heard(context.clock().instant());
        presence.seen();
        if (!on.peerHelloSeen() && !message.hasHello()) {
            violation(on, "peering_no_hello", "its first message is no hello");
            return;
        }
        switch (message.getMessageCase()) {
            case HELLO -> hello(on, message.getHello());
            case UPDATE, REMOVED, BUNDLE, SYNC_DONE -> {
                content(on, message);
                on.received(message.getSequence());
            }
            case ACK -> on.acknowledged(message.getAck().getSequence());
            case HEARTBEAT -> heartbeat(on, message.getHeartbeat());
            case GOODBYE -> end.accept(on, "the peer said goodbye: " + PeerText.printable(message.getGoodbye().getReason()));
            case ADDRESSES -> onAddresses.accept(message.getAddresses().getAddressesList());
            case MESSAGE_NOT_SET -> context.counters().increment("peering_message_unknown");
        }
    }

    private void hello(PeerSession on, Hello hello) {
        if (on.peerHelloSeen()) {
            violation(on, "peering_second_hello", "it said hello twice");
        } else if (!hello.getCluster().equals(peer)) {
            violation(on, "peering_foreign_cluster",
                    "it says it is cluster \"" + PeerText.printable(hello.getCluster()) + "\"");
        } else {
            if (!peerEpoch.isEmpty() && !peerEpoch.equals(hello.getEpoch())) {
                // Nothing to forget: versions are digests of the content, so they hold across epochs.
                context.counters().increment("peering_epoch_changed");
            }
            peerEpoch = hello.getEpoch();
            presence.introduced(PeerRelease.of(hello, peer, context.counters()));
            on.greeted(hello);
        }
    }

    private void violation(PeerSession on, String cause, String what) {
        context.counters().increment(cause);
        LOG.log(Level.WARNING, "ended peering with " + peer + ": " + what);
        end.accept(on, what);
    }

    private void content(PeerSession on, PeeringMessage message) {
        switch (message.getMessageCase()) {
            case UPDATE -> {
                context.counters().increment("peering_updates_received");
                importsChanged(on, content.take(message.getUpdate().getService()));
            }
            case REMOVED -> {
                context.counters().increment("peering_removals_received");
                importsChanged(on, content.remove(message.getRemoved()));
            }
            case BUNDLE -> content.take(message.getBundle());
            default -> synced(on);
        }
    }

    private void importsChanged(PeerSession on, boolean changed) {
        if (changed && on.isSynced()) {
            context.uplink().importsChanged(peer);
        }
    }

    private void synced(PeerSession on) {
        on.synced();
        content.touch();
        presence.synced();
        context.uplink().importsChanged(peer);
    }

    private void heartbeat(PeerSession on, Heartbeat beat) {
        if (!beat.getReply()) {
            on.heartbeatAsked(beat.getId());
            return;
        }
        double millis = on.roundTripMillis(beat.getId());
        if (millis >= 0) {
            presence.roundTrip(millis);
        }
    }
}
