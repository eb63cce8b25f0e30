package dev.meshctl.gateway.state;

import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.GatewayControlGrpc;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayHello;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The session with the own control plane: states come down; imports, link states, join requests and
 * bundles go up. Reconnects for ever with jittered backoff, and then says everything again. One virtual
 * thread writes; it stops when the stream is not ready, so a slow control plane costs no memory.
 */
public final class ControlSession implements Uplink, AutoCloseable {
    private static final Logger LOG = System.getLogger(ControlSession.class.getName());
    private static final int MAX_PENDING_JOINS = 16;
    private static final Duration NEXT_REPLICA = Duration.ofMillis(500);

    private final ManagedChannel channel;
    private final Supplier<GatewayHello> hello;
    private final Consumer<GatewayState> onState;
    private final Backoff backoff;
    private final Counters counters;

    private final Map<String, LinkStatus> statuses = new LinkedHashMap<>();
    private final Map<String, BundleUpdate> bundles = new LinkedHashMap<>();
    private final Map<String, AddressUpdate> addresses = new LinkedHashMap<>();
    private final Set<String> dirtyStatuses = new LinkedHashSet<>();
    private final Set<String> dirtyBundles = new LinkedHashSet<>();
    private final Set<String> dirtyImports = new LinkedHashSet<>();
    private final Queue<JoinRequest> joins = new ArrayDeque<>();
    private final Map<String, CompletableFuture<JoinDecision>> undecided = new HashMap<>();
    private @Nullable Stream stream;
    private String problem = "not yet connected to the control plane";
    private boolean closed;

    /**
     * @param channel to the control plane; closed with this session
     * @param onState called with each state, one at a time
     */
    public ControlSession(ManagedChannel channel, Supplier<GatewayHello> hello,
            Consumer<GatewayState> onState, Backoff backoff, Counters counters) {
        this.channel = channel;
        this.hello = hello;
        this.onState = onState;
        this.backoff = backoff;
        this.counters = counters;
    }

    /** Starts connecting. @param imports asked whenever a peer's imports are to be sent */
    public void start(ImportSource imports) {
        Thread.ofVirtual().name("gateway-control-session").start(() -> run(imports));
    }

    /** Why the control plane is not there; empty when it is. */
    public synchronized Optional<String> problem() {
        return isConnected() ? Optional.empty() : Optional.of(problem);
    }

    private boolean isConnected() {
        return stream != null && stream.answered;
    }

    @Override
    public synchronized void linkStatus(LinkStatus status) {
        if (!status.equals(statuses.put(status.getPeer(), status))) {
            dirtyStatuses.add(status.getPeer());
            notifyAll();
        }
    }

    @Override
    public synchronized void importsChanged(String peer) {
        dirtyImports.add(peer);
        notifyAll();
    }

    @Override
    public synchronized void bundle(BundleUpdate update) {
        bundles.put(update.getPeer(), update);
        dirtyBundles.add(update.getPeer());
        notifyAll();
    }

    /** Is told again by the link until the control plane has it: what a lost session drops is not kept. */
    @Override
    public synchronized void addresses(AddressUpdate update) {
        addresses.put(update.getPeer(), update);
        notifyAll();
    }

    @Override
    public synchronized void forget(String peer) {
        statuses.remove(peer);
        bundles.remove(peer);
        addresses.remove(peer);
        dirtyStatuses.remove(peer);
        dirtyBundles.remove(peer);
        dirtyImports.remove(peer);
    }

    /**
     * Asks the control plane about a presented token.
     *
     * @return completes with the decision; exceptionally when the session ends before. The caller sets a
     *     timeout on it.
     * @throws ControlPlaneAway if there is no control plane to ask; nothing was sent
     */
    public synchronized CompletableFuture<JoinDecision> decide(JoinRequest request) throws ControlPlaneAway {
        if (!isConnected()) {
            throw new ControlPlaneAway(problem);
        }
        if (undecided.size() >= MAX_PENDING_JOINS) {
            throw new ControlPlaneAway(MAX_PENDING_JOINS + " join requests are waiting already");
        }
        CompletableFuture<JoinDecision> decision = new CompletableFuture<>();
        undecided.put(request.getId(), decision);
        decision.whenComplete((done, failure) -> giveUp(request));
        joins.add(request);
        notifyAll();
        return decision;
    }

    private synchronized void giveUp(JoinRequest request) {
        undecided.remove(request.getId());
        joins.remove(request);
    }

    private void run(ImportSource imports) {
        try {
            while (isServed(imports)) {
                synchronized (this) {
                    long waitMillis = Math.max(1, pause().toMillis());
                    if (!closed) {
                        wait(waitMillis);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Of several replicas of the control plane only the one that leads has a session, and each connection leads to one of
     * them by chance: where a replica has refused, the next try gets a connection of its own, and soon.
     */
    private Duration pause() {
        Duration pause = backoff.next();
        if (channel.getState(false) != ConnectivityState.READY) {
            return pause;
        }
        channel.enterIdle();
        return pause.compareTo(NEXT_REPLICA) < 0 ? pause : NEXT_REPLICA;
    }

    private boolean isServed(ImportSource imports) throws InterruptedException {
        try {
            return connectAndWrite(imports);
        } catch (RuntimeException e) {
            // Without this thread there would be no session any more, and nobody would hear what linked meshes say.
            counters.increment("control_session_failed");
            LOG.log(Level.ERROR, "the session with the control plane failed; trying again", e);
            return true;
        }
    }

    private boolean connectAndWrite(ImportSource imports) throws InterruptedException {
        Stream mine = new Stream();
        synchronized (this) {
            if (closed) {
                return false;
            }
            stream = mine;
            dirtyStatuses.addAll(statuses.keySet());
            dirtyBundles.addAll(bundles.keySet());
        }
        Set<String> peers = imports.peers();
        synchronized (this) {
            dirtyImports.addAll(peers);
        }
        // The channel's own backoff grows to minutes; this session's is what counts.
        channel.resetConnectBackoff();
        ClientCallStreamObserver<GatewayUp> up =
                (ClientCallStreamObserver<GatewayUp>) GatewayControlGrpc.newStub(channel).session(mine);
        try {
            up.onNext(GatewayUp.newBuilder().setHello(hello.get()).build());
            for (GatewayUp next = next(mine, up, imports); next != null; next = next(mine, up, imports)) {
                up.onNext(next);
            }
        } finally {
            up.cancel("session over", null);
        }
        return true;
    }

    /** The next thing to say, waiting for one; null when the stream is over. */
    private @Nullable GatewayUp next(Stream mine, ClientCallStreamObserver<GatewayUp> up, ImportSource imports)
            throws InterruptedException {
        while (true) {
            String peer;
            synchronized (this) {
                while (!mine.ended && !closed && !(mine.answered && up.isReady() && hasWork())) {
                    wait();
                }
                if (mine.ended || closed) {
                    return null;
                }
                GatewayUp small = nextSmall();
                if (small != null) {
                    return small;
                }
                peer = take(dirtyImports);
            }
            // Outside of the lock: a link holds its own lock when it reports here.
            var found = imports.imports(peer);
            if (found.isPresent()) {
                return GatewayUp.newBuilder().setImports(found.get()).build();
            }
        }
    }

    private boolean hasWork() {
        return !joins.isEmpty() || !dirtyStatuses.isEmpty() || !dirtyBundles.isEmpty() || !dirtyImports.isEmpty()
                || !addresses.isEmpty();
    }

    private @Nullable GatewayUp nextSmall() {
        JoinRequest join = joins.poll();
        if (join != null) {
            return GatewayUp.newBuilder().setJoinRequest(join).build();
        }
        if (!dirtyBundles.isEmpty()) {
            return GatewayUp.newBuilder().setBundleUpdate(bundles.get(take(dirtyBundles))).build();
        }
        if (!addresses.isEmpty()) {
            return GatewayUp.newBuilder().setAddressUpdate(addresses.remove(addresses.keySet().iterator().next())).build();
        }
        if (!dirtyStatuses.isEmpty()) {
            return GatewayUp.newBuilder().setLinkStatus(statuses.get(take(dirtyStatuses))).build();
        }
        return null;
    }

    private static String take(Set<String> set) {
        String first = set.iterator().next();
        set.remove(first);
        return first;
    }

    private synchronized void decided(JoinDecision decision) {
        CompletableFuture<JoinDecision> waiting = undecided.get(decision.getId());
        if (waiting == null) {
            counters.increment("join_decision_too_late");
        } else {
            waiting.complete(decision);
        }
    }

    private void ended(Stream ended, String why) {
        Map<String, CompletableFuture<JoinDecision>> lost;
        synchronized (this) {
            ended.ended = true;
            if (stream != ended) {
                return;
            }
            stream = null;
            problem = why;
            joins.clear();
            lost = Map.copyOf(undecided);
            notifyAll();
        }
        counters.increment("control_session_ended");
        LOG.log(Level.INFO, "no session with the control plane: " + why + "; going on with the last state");
        lost.values().forEach(decision -> decision.completeExceptionally(new ControlPlaneAway(why)));
    }

    /** Ends the session and its channel. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        channel.shutdownNow();
    }

    private final class Stream implements ClientResponseObserver<GatewayUp, GatewayDown> {
        // Both guarded by the session.
        private boolean answered;
        private boolean ended;

        @Override
        public void beforeStart(ClientCallStreamObserver<GatewayUp> up) {
            up.setOnReadyHandler(this::wake);
        }

        private void wake() {
            synchronized (ControlSession.this) {
                ControlSession.this.notifyAll();
            }
        }

        @Override
        public void onNext(GatewayDown down) {
            switch (down.getMessageCase()) {
                case STATE -> {
                    onState.accept(down.getState());
                    synchronized (ControlSession.this) {
                        answered = true;
                        backoff.reset();
                        ControlSession.this.notifyAll();
                    }
                }
                case JOIN_DECISION -> decided(down.getJoinDecision());
                case MESSAGE_NOT_SET -> counters.increment("control_message_unknown");
            }
        }

        @Override
        public void onError(Throwable failure) {
            Status status = Status.fromThrowable(failure);
            ended(this, status.getCode() + (status.getDescription() == null ? "" : ": " + status.getDescription()));
        }

        @Override
        public void onCompleted() {
            ended(this, "the control plane ended it");
        }
    }
}
