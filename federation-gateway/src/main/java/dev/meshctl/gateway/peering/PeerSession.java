package dev.meshctl.gateway.peering;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.peering.Ack;
import dev.meshctl.api.proto.peering.Addresses;
import dev.meshctl.api.proto.peering.Bundle;
import dev.meshctl.api.proto.peering.Goodbye;
import dev.meshctl.api.proto.peering.Heartbeat;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.api.proto.peering.ServiceRemoved;
import dev.meshctl.api.proto.peering.ServiceUpdate;
import dev.meshctl.api.proto.peering.SyncDone;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import io.grpc.stub.CallStreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of one peering stream, and its clock. What is to be said is kept as a set of keys, not as
 * a queue of messages: a service that changes ten times while the peer reads slowly is sent once, in its last
 * form. So a slow peer costs at most one key for each export, and at most {@link #WINDOW} messages are sent
 * ahead of its acknowledgements.
 *
 * <p>Guarded by the {@link PeerLink} it belongs to.
 */
final class PeerSession {
    static final Duration HEARTBEAT = Duration.ofSeconds(5);
    /** A peer that says nothing for so long is away. */
    static final Duration SILENCE = Duration.ofSeconds(15);
    /** A peer that acknowledges nothing for so long, though there is something to, does not read. */
    static final Duration UNREAD = Duration.ofSeconds(30);
    /** Messages with content that may be unacknowledged. */
    static final int WINDOW = 256;

    private final CallStreamObserver<PeeringMessage> out;
    private final Supplier<ExportSet> exports;
    private final Supplier<TrustBundle> ownBundle;
    private final Supplier<List<String>> addresses;
    private final Runnable hangUp;

    private final Set<String> dirty = new LinkedHashSet<>();
    private final Deque<Long> unacknowledged = new ArrayDeque<>();
    private @Nullable Hello hello;
    private boolean helloSent;
    private boolean peerHelloSeen;
    private boolean synced;
    private boolean syncDoneDue;
    private boolean bundleDue;
    private boolean addressesDue;
    private long sequence;
    private long ackDue;
    private long replyDue;
    private long beatId;
    private boolean beatDue;
    private long beatSentNanos;
    private Instant lastBeat;
    private Instant lastHeard;
    private Instant lastRead;
    private boolean over;

    /** Why a session must end. @param cause a metric label */
    record End(String cause, String why) {}

    /** @param hangUp ends the stream from this side, as soon as nothing more is to be written */
    PeerSession(CallStreamObserver<PeeringMessage> out, Supplier<ExportSet> exports,
            Supplier<TrustBundle> ownBundle, Supplier<List<String>> addresses, Instant now, Runnable hangUp) {
        this.out = out;
        this.exports = exports;
        this.ownBundle = ownBundle;
        this.addresses = addresses;
        this.hangUp = hangUp;
        this.lastBeat = now;
        this.lastHeard = now;
        this.lastRead = now;
    }

    boolean isOver() {
        return over;
    }

    boolean peerHelloSeen() {
        return peerHelloSeen;
    }

    /** The peer has said all that it had to say at the beginning. */
    boolean isSynced() {
        return synced;
    }

    void synced() {
        synced = true;
    }

    void heard(Instant now) {
        lastHeard = now;
    }

    /** Says hello, first of all. */
    void greet(Hello mine) {
        hello = mine;
        flush();
    }

    /** The peer has said hello: tells it what it does not know yet. */
    void greeted(Hello theirs) {
        peerHelloSeen = true;
        dirty.addAll(exports.get().changedSince(theirs.getKnownVersionsMap()));
        bundleDue = !theirs.getKnownBundleDigest().equals(SpiffeJson.digest(ownBundle.get()));
        addressesDue = true;
        syncDoneDue = true;
        flush();
    }

    /** These exports have changed. */
    void changed(Collection<String> keys) {
        if (peerHelloSeen) {
            dirty.addAll(keys);
            flush();
        }
    }

    void bundleChanged() {
        if (peerHelloSeen) {
            bundleDue = true;
            flush();
        }
    }

    void addressesChanged() {
        if (peerHelloSeen) {
            addressesDue = true;
            flush();
        }
    }

    /** A message with content has been dealt with. */
    void received(long peerSequence) {
        ackDue = peerSequence;
        flush();
    }

    void acknowledged(long upTo) {
        while (!unacknowledged.isEmpty() && unacknowledged.peekFirst() <= upTo) {
            unacknowledged.removeFirst();
            lastRead = lastHeard;
        }
        flush();
    }

    void heartbeatAsked(long id) {
        replyDue = id;
        flush();
    }

    /** The time from a heartbeat to its answer in milliseconds; negative if this answers none. */
    double roundTripMillis(long id) {
        return id == beatId && beatSentNanos != 0 ? (System.nanoTime() - beatSentNanos) / 1e6 : -1;
    }

    /** Returns why the session must end now; empty while all is well. */
    Optional<End> tick(Instant now) {
        if (!now.isBefore(lastHeard.plus(SILENCE))) {
            return Optional.of(new End("peering_silent", "silent for " + SILENCE.toSeconds() + " s"));
        }
        if (unacknowledged.isEmpty()) {
            lastRead = now;
        } else if (!now.isBefore(lastRead.plus(UNREAD))) {
            return Optional.of(new End("peering_unread", "has read nothing for " + UNREAD.toSeconds() + " s"));
        }
        if (!now.isBefore(lastBeat.plus(HEARTBEAT))) {
            lastBeat = now;
            beatDue = true;
            flush();
        }
        return Optional.empty();
    }

    /** Ends the session from this side, telling the peer why where that is still possible. */
    void goodbye(String reason) {
        if (!over) {
            if (out.isReady() && helloSent) {
                send(PeeringMessage.newBuilder().setGoodbye(Goodbye.newBuilder().setReason(reason)));
            }
            over = true;
            hangUp.run();
        }
    }

    /** The stream has ended; nothing is written any more. */
    void ended() {
        over = true;
    }

    /** Writes as much as the transport takes now; called again when it takes more. */
    void flush() {
        while (!over && out.isReady()) {
            PeeringMessage.Builder next = next();
            if (next == null) {
                return;
            }
            send(next);
        }
    }

    private void send(PeeringMessage.Builder message) {
        out.onNext(message.setSequence(++sequence).build());
    }

    private PeeringMessage.@Nullable Builder next() {
        PeeringMessage.Builder message = PeeringMessage.newBuilder();
        if (!helloSent) {
            if (hello == null) {
                return null;
            }
            helloSent = true;
            return message.setHello(hello);
        }
        if (replyDue != 0) {
            message.setHeartbeat(Heartbeat.newBuilder().setId(replyDue).setReply(true));
            replyDue = 0;
            return message;
        }
        if (ackDue != 0) {
            message.setAck(Ack.newBuilder().setSequence(ackDue));
            ackDue = 0;
            return message;
        }
        if (beatDue) {
            beatDue = false;
            beatSentNanos = System.nanoTime();
            return message.setHeartbeat(Heartbeat.newBuilder().setId(++beatId));
        }
        if (addressesDue) {
            addressesDue = false;
            List<String> said = addresses.get();
            if (!said.isEmpty()) {
                return message.setAddresses(Addresses.newBuilder().addAllAddresses(said));
            }
        }
        return unacknowledged.size() < WINDOW ? content(message) : null;
    }

    private PeeringMessage.@Nullable Builder content(PeeringMessage.Builder message) {
        if (bundleDue) {
            bundleDue = false;
            TrustBundle bundle = ownBundle.get();
            message.setBundle(Bundle.newBuilder().setTrustDomain(bundle.trustDomain().name())
                    .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(bundle))));
        } else if (!dirty.isEmpty()) {
            String key = dirty.iterator().next();
            dirty.remove(key);
            describe(message, key);
        } else if (syncDoneDue) {
            syncDoneDue = false;
            message.setSyncDone(SyncDone.getDefaultInstance());
        } else {
            return null;
        }
        unacknowledged.add(sequence + 1);
        return message;
    }

    private void describe(PeeringMessage.Builder message, String key) {
        ExportedService service = exports.get().services().get(key);
        if (service != null) {
            message.setUpdate(ServiceUpdate.newBuilder().setService(service));
        } else {
            int dot = key.indexOf('.');
            message.setRemoved(ServiceRemoved.newBuilder()
                    .setName(key.substring(0, Math.max(dot, 0))).setNamespace(key.substring(dot + 1)));
        }
    }
}
