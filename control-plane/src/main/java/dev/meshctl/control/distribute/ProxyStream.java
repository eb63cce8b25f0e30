package dev.meshctl.control.distribute;

import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.control.snapshot.ConfigKey;
import dev.meshctl.control.snapshot.ConfigResource;
import dev.meshctl.control.snapshot.ConfigType;
import dev.meshctl.control.snapshot.Snapshot;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One proxy's stream: what it subscribes to, what it was sent and what it answered.
 *
 * <p>Sending is pull-like: a change only marks names; a response is put together from the current
 * snapshot when the transport takes one. So a proxy that reads slowly gets the newest version only, and
 * costs at most one mark for each name that it subscribes to.
 */
final class ProxyStream {
    private static final System.Logger LOG = System.getLogger(ProxyStream.class.getName());
    /** Names that one proxy may subscribe to, over all types. */
    static final int MAX_NAMES = 100_000;
    /** Resources in one response, by number and by size; the rest follows in the next. */
    private static final int MAX_RESOURCES = 512;

    private static final int MAX_BYTES = 1024 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<ConfigType, TypeState> types = new EnumMap<>(ConfigType.class);
    private final ServerCallStreamObserver<DeltaDiscoveryResponse> out;
    private final Supplier<Snapshot> snapshots;
    private final UnaryOperator<ConfigResource> view;
    private final ConfigSubscribers subscribers;
    private final Executor executor;
    private final Counters counters;
    private long nonces;
    private int names;
    private boolean closed;
    private boolean waking;

    /** @param view what this proxy gets of a resource */
    ProxyStream(
            ServerCallStreamObserver<DeltaDiscoveryResponse> out,
            Supplier<Snapshot> snapshots,
            UnaryOperator<ConfigResource> view,
            ConfigSubscribers subscribers,
            Executor executor,
            Counters counters) {
        this.out = out;
        this.snapshots = snapshots;
        this.view = view;
        this.subscribers = subscribers;
        this.executor = executor;
        this.counters = counters;
        for (ConfigType type : ConfigType.values()) {
            types.put(type, new TypeState(type));
        }
    }

    private TypeState state(ConfigType type) {
        return Objects.requireNonNull(types.get(type), "every type has its state");
    }

    /** Takes a request of the proxy, which may be an answer, a change of its subscriptions, or both. */
    void request(ConfigType type, DeltaDiscoveryRequest request) {
        lock.lock();
        try {
            if (closed) {
                // What had been sent before the proxy heard of the end.
                return;
            }
            TypeState state = state(type);
            if (!request.getResponseNonce().isEmpty()) {
                int refused = state.answered(request);
                if (refused > 0) {
                    counters.increment("nack_" + type.label());
                }
            }
            unsubscribe(state, request.getResourceNamesUnsubscribeList());
            subscribe(state, request);
            flush();
        } finally {
            lock.unlock();
        }
    }

    private void subscribe(TypeState state, DeltaDiscoveryRequest request) {
        List<String> wanted = request.getResourceNamesSubscribeList();
        boolean first = !state.seen;
        state.seen = true;
        if (first && wanted.isEmpty() && state.type.meshWide()) {
            wanted = List.of(ConfigSubscribers.WILDCARD);
        }
        Map<String, String> known = first ? request.getInitialResourceVersionsMap() : Map.of();
        for (String name : wanted) {
            if (names >= MAX_NAMES && !state.isExplicit(name)) {
                counters.increment("subscriptions_over_limit");
                fail(Status.RESOURCE_EXHAUSTED.withDescription("a proxy may subscribe to at most "
                        + MAX_NAMES + " names; let go of idle ones, or spread the workloads over more proxies"));
                return;
            }
            subscribers.add(state.key(name), this);
            if (name.equals(ConfigSubscribers.WILDCARD)) {
                wildcard(state, known);
            } else {
                explicit(state, name, known.get(name));
            }
        }
    }

    private void explicit(TypeState state, String name, @Nullable String known) {
        NameState entry = state.state(name);
        if (!entry.explicit) {
            entry.explicit = true;
            names++;
        }
        // A name that is asked for again is answered again, as the protocol has it.
        entry.sent = known;
        entry.acked = known;
        state.dirty.add(name);
    }

    private void wildcard(TypeState state, Map<String, String> known) {
        state.wildcard = true;
        known.forEach((name, version) -> {
            NameState entry = state.state(name);
            entry.sent = version;
            entry.acked = version;
            state.dirty.add(name);
        });
        for (ConfigKey key : snapshots.get().resources().keySet()) {
            if (key.type() == state.type) {
                state.dirty.add(key.name());
            }
        }
    }

    private void unsubscribe(TypeState state, List<String> unwanted) {
        for (String name : unwanted) {
            subscribers.remove(state.key(name), this);
            NameState entry = state.names.get(name);
            if (entry != null && entry.explicit) {
                names--;
            }
        }
        state.unsubscribe(unwanted);
    }

    /** Marks a name whose resource is another one now. */
    void changed(ConfigKey key) {
        lock.lock();
        try {
            TypeState state = state(key.type());
            if (state.wildcard || state.names.containsKey(key.name())) {
                if (!state.dirty.add(key.name())) {
                    counters.increment("updates_conflated");
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends what is marked, on another thread, so that no stream waits for another. */
    void wake() {
        lock.lock();
        try {
            if (waking || closed) {
                return;
            }
            waking = true;
        } finally {
            lock.unlock();
        }
        executor.execute(this::drain);
    }

    /** Sends what is marked, as far as the transport takes it. */
    void drain() {
        lock.lock();
        try {
            waking = false;
            flush();
        } catch (RuntimeException e) {
            // What was marked is not marked any more: an open stream would never tell it.
            counters.increment("stream_failed");
            LOG.log(System.Logger.Level.ERROR, "a proxy could not be sent its configuration; its stream is ended", e);
            fail(Status.INTERNAL.withDescription("the control plane failed; its log says why"));
        } finally {
            lock.unlock();
        }
    }

    private void flush() {
        for (TypeState state : types.values()) {
            while (!closed && !state.dirty.isEmpty() && out.isReady()) {
                send(state, snapshots.get());
            }
        }
    }

    private void send(TypeState state, Snapshot snapshot) {
        List<ConfigResource> resources = new ArrayList<>();
        List<String> removed = new ArrayList<>();
        Map<String, String> versions = new HashMap<>();
        long bytes = 0;
        Iterator<String> dirty = state.dirty.iterator();
        while (dirty.hasNext() && versions.size() < MAX_RESOURCES && bytes < MAX_BYTES) {
            String name = dirty.next();
            dirty.remove();
            ConfigResource whole = snapshot.resources().get(state.key(name));
            ConfigResource resource = whole == null ? null : view.apply(whole);
            String version = resource == null ? NameState.ABSENT : resource.version();
            NameState entry = state.state(name);
            if (version.equals(entry.sent)) {
                continue;
            }
            entry.sent = version;
            versions.put(name, version);
            if (resource == null) {
                removed.add(name);
            } else {
                resources.add(resource);
                bytes += resource.wire().getSerializedSize();
            }
        }
        if (!versions.isEmpty()) {
            respond(state, snapshot, resources, removed, versions);
            state.bytesSent += bytes;
        }
    }

    private void respond(
            TypeState state,
            Snapshot snapshot,
            List<ConfigResource> resources,
            List<String> removed,
            Map<String, String> versions) {
        String nonce = Long.toString(++nonces);
        if (!state.awaitAnswer(nonce, versions)) {
            counters.increment("answers_overdue");
        }
        DeltaDiscoveryResponse.Builder response = DeltaDiscoveryResponse.newBuilder()
                .setTypeUrl(state.type.typeUrl())
                .setNonce(nonce)
                .setSystemVersionInfo(Long.toString(snapshot.version()))
                .addAllRemovedResources(removed);
        resources.forEach(r -> response.addResources(r.wire()));
        out.onNext(response.build());
        counters.increment("responses_sent");
    }

    private void fail(Status status) {
        if (!closed) {
            closed = true;
            forgetSubscriptions();
            out.onError(status.asRuntimeException());
        }
    }

    /** Ends the stream with a reason; does nothing if it has ended. */
    void close(Status status) {
        lock.lock();
        try {
            fail(status);
        } finally {
            lock.unlock();
        }
    }

    /** The proxy has gone or is done. */
    void ended(boolean complete) {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                forgetSubscriptions();
                if (complete) {
                    out.onCompleted();
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void forgetSubscriptions() {
        for (TypeState state : types.values()) {
            subscribers.remove(state.key(ConfigSubscribers.WILDCARD), this);
            state.names.keySet().forEach(name -> subscribers.remove(state.key(name), this));
        }
    }

    List<TypeSync> sync() {
        lock.lock();
        try {
            return types.values().stream().filter(t -> t.seen).map(TypeState::sync).toList();
        } finally {
            lock.unlock();
        }
    }
}
