package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.peering.PeeringGrpc;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.gateway.link.JoinOutcome;
import dev.meshctl.gateway.link.LinkJoiner;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The side of a link that dials: presents the token's secret where that is still to be done, then keeps
 * one peering stream to one of the peer's addresses, again and again, with jittered backoff. One virtual
 * thread for each link.
 */
final class Dialer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Dialer.class.getName());

    private final PeerLink link;
    private final SvidSource svid;
    private final BundleSource bundles;
    private final LinkJoiner joiner;
    private final Backoff backoff;
    private final Counters counters;
    private final Thread thread;
    private String refusedSecret = "";
    private volatile boolean closed;

    Dialer(PeerLink link, SvidSource svid, BundleSource bundles, LinkJoiner joiner, Backoff backoff,
            Counters counters) {
        this.link = link;
        this.svid = svid;
        this.bundles = bundles;
        this.joiner = joiner;
        this.backoff = backoff;
        this.counters = counters;
        this.thread = Thread.ofVirtual().name("gateway-peering-" + link.peer()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            while (!closed) {
                tryToPeer(link.config());
                TimeUnit.MILLISECONDS.sleep(Math.max(1, backoff.next().toMillis()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void tryToPeer(Link config) throws InterruptedException {
        try {
            attempt(config);
        } catch (RuntimeException e) {
            // Without this thread the link would never be dialled again.
            counters.increment("peering_dialer_failed");
            LOG.log(Level.ERROR, "dialling " + link.peer() + " failed; trying again", e);
        }
    }

    private void attempt(Link config) throws InterruptedException {
        if (config.getAddressesList().isEmpty()) {
            link.failed("the link has no address of a gateway of " + config.getPeer());
            return;
        }
        if (!isJoined(config)) {
            return;
        }
        for (String text : config.getAddressesList()) {
            try {
                if (closed || exchange(HostPort.parse(text))) {
                    return;
                }
            } catch (IllegalArgumentException e) {
                link.failed("the link has an address that cannot be used: " + e.getMessage());
            }
        }
    }

    /** True if peering can be tried: the secret was taken, or there is none, or it was refused for good. */
    private boolean isJoined(Link config) {
        String secret = config.getJoinSecret();
        if (secret.isEmpty() || secret.equals(refusedSecret)) {
            return true;
        }
        return switch (joiner.join(config)) {
            case JoinOutcome.Joined() -> {
                backoff.reset();
                link.trying("the token was taken, connecting");
                yield true;
            }
            case JoinOutcome.Refused(String reason) -> {
                counters.increment("link_join_refused");
                // An answer may have got lost after the token was taken: then peering works nevertheless.
                refusedSecret = secret;
                link.failed(reason);
                yield true;
            }
            case JoinOutcome.NotTrusted(String reason) -> {
                counters.increment("link_join_server_not_trusted");
                link.failed(reason);
                yield false;
            }
            case JoinOutcome.NotNow(String reason) -> {
                counters.increment("link_join_unavailable");
                link.trying(reason);
                yield false;
            }
        };
    }

    /** Holds a stream for as long as it lasts. Returns whether it ever worked. */
    private boolean exchange(HostPort address) throws InterruptedException {
        SpiffeId expected = SpiffeId.of(link.peerDomain(), SystemIdentity.FEDERATION_GATEWAY);
        ManagedChannel channel = MeshChannel
                .builder(address, svid, bundles, expected::equals, "peering." + link.peerDomain())
                .maxInboundMessageSize(Peers.MAX_MESSAGE_BYTES).build();
        Call call = new Call();
        try {
            PeeringGrpc.newStub(channel).exchange(call);
            link.greet(call.session());
            String why = call.over.get();
            if (!call.session().isSynced()) {
                counters.increment("peering_dial_failed");
                link.trying("cannot peer with " + address + ": " + why);
                return false;
            }
            backoff.reset();
            return true;
        } catch (ExecutionException e) {
            throw new IllegalStateException("never completed with a failure", e);
        } finally {
            channel.shutdown();
            if (!channel.awaitTermination(1, TimeUnit.SECONDS)) {
                channel.shutdownNow();
            }
        }
    }

    /** Stops dialling and ends the stream. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    void awaitEnd() throws InterruptedException {
        thread.join(2000);
    }

    private final class Call implements ClientResponseObserver<PeeringMessage, PeeringMessage> {
        private final CompletableFuture<String> over = new CompletableFuture<>();
        private @Nullable PeerSession session;
        private @Nullable PeerStream stream;

        PeerSession session() {
            if (session == null) {
                throw new IllegalStateException("not started");
            }
            return session;
        }

        private PeerStream stream() {
            if (stream == null) {
                throw new IllegalStateException("not started");
            }
            return stream;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<PeeringMessage> out) {
            out.disableAutoRequestWithInitial(1);
            PeerSession mine = link.attach(out, () -> {
                out.onCompleted();
                over.complete("ended by this gateway");
            });
            session = mine;
            stream = new PeerStream(link, mine, out::request);
            out.setOnReadyHandler(() -> link.ready(mine));
        }

        @Override
        public void onNext(PeeringMessage message) {
            stream().onNext(message);
        }

        @Override
        public void onError(Throwable failure) {
            try {
                stream().onError(failure);
            } finally {
                over.complete(PeerStream.describe(Status.fromThrowable(failure)));
            }
        }

        @Override
        public void onCompleted() {
            try {
                stream().onCompleted();
            } finally {
                over.complete("the peer ended the stream");
            }
        }
    }
}
