package dev.meshctl.proxy.config;

import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Node;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The subscription of this proxy at its control plane: keeps one {@link AdsSession} open, subscribes
 * and lets go as told, resumes with the versions in use, and answers every response with an ACK or a
 * NACK. All methods but {@link #status()} belong to the configuration loop.
 */
final class ConfigStream implements AdsSession.Listener {
    /** Where resources go. */
    interface Sink {
        /** Takes a resource into use, or says why not and keeps the last good one. */
        void accept(ResourceType type, Resource resource) throws ResourceRejected;

        /** The control plane has no such resource (any more). */
        void remove(ResourceType type, String name);
    }

    private static final System.Logger LOG = System.getLogger(ConfigStream.class.getName());
    private static final int INVALID_ARGUMENT = Status.Code.INVALID_ARGUMENT.value();
    private static final int MAX_NAMED_REJECTIONS = 8;

    private final ManagedChannel channel;
    private final Node node;
    private final ConfigLoop loop;
    private final Sink sink;
    private final Backoff backoff;
    private final Counters counters;
    private final Map<ResourceType, TypeSubscription> types = new EnumMap<>(ResourceType.class);

    private @Nullable AdsSession session;
    private boolean closed;
    private boolean connected;
    private boolean nodeSent;
    private long sessions;
    private String error = "not connected yet";
    private volatile ConfigStatus status = ConfigStatus.NOT_CONNECTED;

    ConfigStream(ManagedChannel channel, Node node, ConfigLoop loop, Sink sink, Backoff backoff, Counters counters) {
        this.channel = channel;
        this.node = node;
        this.loop = loop;
        this.sink = sink;
        this.backoff = backoff;
        this.counters = counters;
        for (ResourceType type : ResourceType.values()) {
            types.put(type, new TypeSubscription(type));
        }
    }

    /** Connects, and again after each end of the stream, with jittered backoff. */
    void connect() {
        if (closed) {
            return;
        }
        // The channel has a backoff of its own, up to two minutes; this one decides.
        channel.resetConnectBackoff();
        types.values().forEach(TypeSubscription::streamStarted);
        nodeSent = false;
        sessions++;
        session = AdsSession.open(channel, loop, this);
    }

    void subscribe(ResourceType type, String name, Optional<String> knownVersion) {
        of(type).add(name, knownVersion);
        flush();
    }

    void unsubscribe(ResourceType type, String name) {
        of(type).drop(name);
        flush();
    }

    /** Names the version of a wildcard's resource that was read from disk. */
    void known(ResourceType type, String name, String version) {
        of(type).known(name, version);
    }

    /** True if a subscription made now is certain to be answered: nothing is said about its version. */
    boolean answersAfresh(ResourceType type) {
        return connected && of(type).opened();
    }

    boolean isConnected() {
        return connected;
    }

    /** The state as of the last event; from any thread. */
    ConfigStatus status() {
        return status;
    }

    /** Brings {@link #status()} up to date. */
    void publishStatus() {
        Map<ResourceType, ConfigStatus.TypeStatus> view = new EnumMap<>(ResourceType.class);
        types.forEach((type, subscription) -> view.put(type, subscription.status()));
        status = new ConfigStatus(connected, error, Math.max(0, sessions - 1), view);
    }

    void close() {
        closed = true;
        connected = false;
        if (session != null) {
            session.cancel("the proxy is stopping");
            session = null;
        }
    }

    @Override
    public void ready(AdsSession ready) {
        if (ready != session) {
            return;
        }
        if (!connected) {
            connected = true;
            error = "";
            LOG.log(Level.INFO, "configuration stream to the control plane is up");
        }
        flush();
        publishStatus();
    }

    @Override
    public void response(AdsSession from, DeltaDiscoveryResponse response) {
        if (from != session) {
            return;
        }
        try {
            backoff.reset();
            answer(from, response);
        } catch (RuntimeException e) {
            // Without an answer the next response would never be asked for: a stream that hangs looks like one without news.
            counters.increment("config_response_failed");
            LOG.log(Level.ERROR, "a response of the control plane could not be dealt with; the stream is opened again", e);
            from.cancel("a response could not be dealt with");
        }
    }

    private void answer(AdsSession from, DeltaDiscoveryResponse response) {
        DeltaDiscoveryRequest.Builder answer = DeltaDiscoveryRequest.newBuilder()
                .setTypeUrl(response.getTypeUrl())
                .setResponseNonce(response.getNonce());
        List<String> rejections = take(response);
        if (!rejections.isEmpty()) {
            answer.setErrorDetail(dev.meshctl.api.proto.xds.Status.newBuilder()
                    .setCode(INVALID_ARGUMENT)
                    .setMessage(summary(rejections)));
        }
        send(from, answer);
        from.next();
        flush();
        publishStatus();
    }

    @Override
    public void ended(AdsSession which, Status why) {
        if (which != session) {
            return;
        }
        session = null;
        counters.increment("config_stream_ended");
        error = why.getCode() + (why.getDescription() == null ? "" : ": " + why.getDescription());
        if (connected) {
            LOG.log(Level.WARNING, "configuration stream ended ({0}); what is known stays in use", error);
        }
        connected = false;
        publishStatus();
        loop.after(backoff.next(), this::connect);
    }

    private List<String> take(DeltaDiscoveryResponse response) {
        Optional<ResourceType> type = ResourceType.of(response.getTypeUrl());
        if (type.isEmpty()) {
            counters.increment("config_unknown_type");
            return List.of("type \"" + response.getTypeUrl() + "\" is not known to this proxy");
        }
        TypeSubscription subscription = of(type.get());
        List<String> rejections = new ArrayList<>();
        for (Resource resource : response.getResourcesList()) {
            if (subscription.wants(resource.getName())) {
                take(type.get(), subscription, resource).ifPresent(rejections::add);
            }
        }
        for (String name : response.getRemovedResourcesList()) {
            subscription.removed(name);
            remove(type.get(), name);
        }
        if (!rejections.isEmpty()) {
            subscription.rejected(summary(rejections));
            counters.increment("config_nack");
            LOG.log(Level.WARNING, "rejected configuration, the last good one stays: {0}", summary(rejections));
        }
        return rejections;
    }

    private Optional<String> take(ResourceType type, TypeSubscription subscription, Resource resource) {
        try {
            sink.accept(type, resource);
            subscription.accepted(resource.getName(), resource.getVersion());
            return Optional.empty();
        } catch (ResourceRejected e) {
            return Optional.of(e.reason());
        } catch (RuntimeException e) {
            // A bug must cost this resource only, not the stream and everything behind it.
            counters.increment("config_resource_failed");
            LOG.log(Level.ERROR, "failed to take " + type.shortName() + " " + resource.getName(), e);
            return Optional.of(new ResourceRejected(type, resource.getName(), "internal error: " + e).reason());
        }
    }

    private void remove(ResourceType type, String name) {
        try {
            sink.remove(type, name);
        } catch (RuntimeException e) {
            counters.increment("config_resource_failed");
            LOG.log(Level.ERROR, "failed to remove " + type.shortName() + " " + name, e);
        }
    }

    private void flush() {
        AdsSession current = session;
        if (!connected || current == null) {
            return;
        }
        for (TypeSubscription subscription : types.values()) {
            if (!current.isReady()) {
                return;
            }
            subscription.nextRequest().ifPresent(request -> send(current, request));
        }
    }

    private void send(AdsSession to, DeltaDiscoveryRequest.Builder request) {
        if (!nodeSent) {
            request.setNode(node);
            nodeSent = true;
        }
        to.send(request.build());
    }

    private TypeSubscription of(ResourceType type) {
        TypeSubscription subscription = types.get(type);
        if (subscription == null) {
            throw new IllegalStateException("no subscription for " + type);
        }
        return subscription;
    }

    private static String summary(List<String> rejections) {
        int named = Math.min(rejections.size(), MAX_NAMED_REJECTIONS);
        String text = String.join("; ", rejections.subList(0, named));
        return rejections.size() > named ? text + "; and " + (rejections.size() - named) + " more" : text;
    }
}
