package dev.meshctl.control.distribute;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.control.snapshot.ConfigResource;
import dev.meshctl.control.snapshot.ConfigType;
import dev.meshctl.control.snapshot.Snapshot;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The configuration server: the delta variant of the xDS transport protocol, with subscriptions on demand.
 *
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#incremental-xds">Incremental
 *     xDS</a>
 */
public final class ConfigDistributor extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    private static final System.Logger LOG = System.getLogger(ConfigDistributor.class.getName());

    private static final int MAX_NODE_LENGTH = 253;

    private final ConfigSubscribers subscribers = new ConfigSubscribers();
    private final Map<String, ConnectedProxy> proxies = new ConcurrentHashMap<>();
    private final Executor executor;
    private final InstantSource clock;
    private final Counters counters;
    private volatile Snapshot current;

    /**
     * @param first what proxies get until the first {@link #publish}
     * @param executor sends to streams; one task for each stream with news
     */
    public ConfigDistributor(Snapshot first, Executor executor, InstantSource clock, Counters counters) {
        this.current = first;
        this.executor = executor;
        this.clock = clock;
        this.counters = counters;
    }

    /** Makes a snapshot the current one and tells the subscribers of what has changed. */
    public void publish(Snapshot.Update update) {
        current = update.snapshot();
        subscribers.tell(update.changed());
    }

    public Snapshot current() {
        return current;
    }

    /** The proxies that are connected now, by node; the newest stream of each. */
    public List<ConnectedProxy> connected() {
        return List.copyOf(proxies.values());
    }

    public Optional<ConnectedProxy> connected(String node) {
        return Optional.ofNullable(proxies.get(node));
    }

    /** Ends all streams, so that the proxies look for a control plane that stays. */
    public void close() {
        proxies.values().forEach(p -> p.stream().close(Status.UNAVAILABLE.withDescription("control plane is stopping")));
    }

    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(StreamObserver<DeltaDiscoveryResponse> out) {
        ServerCallStreamObserver<DeltaDiscoveryResponse> call = (ServerCallStreamObserver<DeltaDiscoveryResponse>) out;
        SpiffeId peer = MeshServer.PEER.get();
        ProxyStream stream = new ProxyStream(call, this::current, view(peer), subscribers, executor, counters);
        Conversation conversation = new Conversation(stream, peer);
        call.setOnReadyHandler(stream::drain);
        call.setOnCancelHandler(() -> conversation.ended(false));
        // Also of a stream that this side has ended nothing must stay.
        call.setOnCloseHandler(() -> conversation.ended(false));
        return conversation;
    }

    /** A proxy that speaks as its one workload is of one namespace; one that speaks for itself may host any. */
    private static UnaryOperator<ConfigResource> view(@Nullable SpiffeId peer) {
        return peer == null || peer.is(SystemIdentity.PROXY) ? resource -> resource : resource -> resource.seenFrom(peer.namespace());
    }

    /** The requests of one stream, in order. */
    private final class Conversation implements StreamObserver<DeltaDiscoveryRequest> {
        private final ProxyStream stream;
        private final @Nullable SpiffeId peer;
        private @Nullable ConnectedProxy proxy;

        Conversation(ProxyStream stream, @Nullable SpiffeId peer) {
            this.stream = stream;
            this.peer = peer;
        }

        @Override
        public void onNext(DeltaDiscoveryRequest request) {
            if (proxy == null && !introduce(request)) {
                return;
            }
            Optional<ConfigType> type = ConfigType.ofTypeUrl(request.getTypeUrl());
            if (type.isEmpty()) {
                counters.increment("unknown_type_requested");
                stream.close(Status.INVALID_ARGUMENT.withDescription(
                        "type \"" + request.getTypeUrl() + "\" is not served; is the proxy newer than its control plane?"));
                return;
            }
            stream.request(type.get(), request);
        }

        private boolean introduce(DeltaDiscoveryRequest request) {
            String node = request.getNode().getId();
            if (node.isEmpty() || node.length() > MAX_NODE_LENGTH) {
                counters.increment("stream_without_node");
                stream.close(Status.INVALID_ARGUMENT.withDescription(
                        "the first request of a stream must have node.id of 1 to " + MAX_NODE_LENGTH + " characters"));
                return false;
            }
            ConnectedProxy arrived =
                    new ConnectedProxy(node, peer == null ? "" : peer.toString(), clock.instant(), stream);
            proxy = arrived;
            ConnectedProxy before = proxies.put(node, arrived);
            if (before != null) {
                counters.increment("stream_replaced");
                before.stream().close(Status.ABORTED.withDescription("node " + node + " has opened a newer stream"));
            }
            return true;
        }

        @Override
        public void onError(Throwable t) {
            LOG.log(System.Logger.Level.DEBUG, "a configuration stream broke", t);
            ended(false);
        }

        @Override
        public void onCompleted() {
            ended(true);
        }

        void ended(boolean complete) {
            stream.ended(complete);
            ConnectedProxy gone = proxy;
            if (gone != null) {
                proxies.remove(gone.node(), gone);
            }
        }
    }
}
