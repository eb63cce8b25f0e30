package dev.meshctl.proxy.config;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import dev.meshctl.api.proto.xds.AggregatedDiscoveryServiceGrpc;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.api.proto.xds.Resource;
import dev.meshctl.runtime.testing.HeldPort;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A delta ADS server on a loopback port that answers subscriptions from what the test has put there, and keeps every
 * request for the test to look at. It can be stopped, started again at the same port, and told not to answer.
 */
public final class FakeControlPlane implements BeforeEachCallback, AfterEachCallback {
    private record Key(String typeUrl, String name) {}

    private final Map<Key, Resource> resources = new ConcurrentHashMap<>();
    private final BlockingQueue<DeltaDiscoveryRequest> requests = new LinkedBlockingQueue<>();
    private final List<Stream> streams = new ArrayList<>();
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Function<InetSocketAddress, NettyServerBuilder> builder;
    private volatile boolean silent;
    private Server server;
    private @Nullable HeldPort held;
    private int nonce;

    /** In plain text. */
    public FakeControlPlane() {
        this(NettyServerBuilder::forAddress);
    }

    /** On a server that the test prepares, perhaps with other services. */
    public FakeControlPlane(Function<InetSocketAddress, NettyServerBuilder> builder) {
        this.builder = builder;
    }

    /** Where it listens, once started. */
    public int port() {
        return held == null ? 0 : held.port();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        start();
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        channels.forEach(ManagedChannel::shutdownNow);
        stop();
        if (held != null) {
            held.close();
        }
    }

    /** Starts, or starts again at the same port; requests of before are forgotten. */
    public void start() throws IOException {
        requests.clear();
        HeldPort bind = held == null ? new HeldPort() : held;
        held = bind;
        server = builder.apply(bind.address()).directExecutor().addService(new Service()).build().start();
    }

    public void stop() {
        server.shutdownNow();
        try {
            server.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            streams.clear();
        }
    }

    ManagedChannel channel() {
        ManagedChannel channel = NettyChannelBuilder
                .forAddress(new InetSocketAddress("127.0.0.1", port())).usePlaintext().build();
        channels.add(channel);
        return channel;
    }

    /** Takes requests but does not answer them. */
    public void beSilent(boolean yes) {
        silent = yes;
    }

    /** Puts a resource there without telling anybody. */
    public void has(ResourceType type, String name, String version, Message message) {
        resources.put(new Key(type.typeUrl(), name), resource(name, version, message));
    }

    /** Puts a resource there and pushes it to every stream. */
    public void push(ResourceType type, String name, String version, Message message) {
        has(type, name, version, message);
        respond(type.typeUrl(), List.of(resource(name, version, message)), List.of());
    }

    /** Takes a resource away and tells every stream. */
    public void remove(ResourceType type, String name) {
        resources.remove(new Key(type.typeUrl(), name));
        respond(type.typeUrl(), List.of(), List.of(name));
    }

    private synchronized void respond(String typeUrl, List<Resource> changed, List<String> removed) {
        streams.forEach(stream -> stream.answer(typeUrl, changed, removed));
    }

    static Resource resource(String name, String version, Message message) {
        return Resource.newBuilder().setName(name).setVersion(version).setResource(Any.pack(message)).build();
    }

    /** The next request that fits; those before it are gone. Fails after a minute. */
    public DeltaDiscoveryRequest await(Predicate<DeltaDiscoveryRequest> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        List<DeltaDiscoveryRequest> seen = new ArrayList<>();
        while (System.nanoTime() < deadline) {
            DeltaDiscoveryRequest request = requests.poll(100, TimeUnit.MILLISECONDS);
            if (request != null) {
                if (wanted.test(request)) {
                    return request;
                }
                seen.add(request);
            }
        }
        throw new AssertionError("no such request; seen were " + seen);
    }

    static Predicate<DeltaDiscoveryRequest> subscribes(ResourceType type, String name) {
        return r -> r.getTypeUrl().equals(type.typeUrl()) && r.getResourceNamesSubscribeList().contains(name);
    }

    static Predicate<DeltaDiscoveryRequest> unsubscribes(ResourceType type, String name) {
        return r -> r.getTypeUrl().equals(type.typeUrl()) && r.getResourceNamesUnsubscribeList().contains(name);
    }

    public static Predicate<DeltaDiscoveryRequest> acks(ResourceType type) {
        return r -> r.getTypeUrl().equals(type.typeUrl()) && !r.getResponseNonce().isEmpty() && !r.hasErrorDetail();
    }

    static Predicate<DeltaDiscoveryRequest> nacks(ResourceType type) {
        return r -> r.getTypeUrl().equals(type.typeUrl()) && r.hasErrorDetail();
    }

    private final class Service extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
        @Override
        public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
                StreamObserver<DeltaDiscoveryResponse> responses) {
            Stream stream = new Stream(responses);
            synchronized (FakeControlPlane.this) {
                streams.add(stream);
            }
            return stream;
        }
    }

    private final class Stream implements StreamObserver<DeltaDiscoveryRequest> {
        private final StreamObserver<DeltaDiscoveryResponse> responses;

        Stream(StreamObserver<DeltaDiscoveryResponse> responses) {
            this.responses = responses;
        }

        @Override
        public void onNext(DeltaDiscoveryRequest request) {
            requests.add(request);
            if (silent || request.getResourceNamesSubscribeCount() == 0) {
                return;
            }
            List<Resource> found = new ArrayList<>();
            List<String> missing = new ArrayList<>();
            for (String name : request.getResourceNamesSubscribeList()) {
                if (name.equals(ResourceType.WILDCARD)) {
                    resources.forEach((key, resource) -> {
                        if (key.typeUrl().equals(request.getTypeUrl())) {
                            found.add(resource);
                        }
                    });
                    continue;
                }
                Resource resource = resources.get(new Key(request.getTypeUrl(), name));
                if (resource == null) {
                    missing.add(name);
                } else if (!resource.getVersion().equals(request.getInitialResourceVersionsMap().get(name))) {
                    found.add(resource);
                }
            }
            if (!found.isEmpty() || !missing.isEmpty()) {
                answer(request.getTypeUrl(), found, missing);
            }
        }

        void answer(String typeUrl, List<Resource> changed, List<String> removed) {
            synchronized (FakeControlPlane.this) {
                responses.onNext(DeltaDiscoveryResponse.newBuilder()
                        .setTypeUrl(typeUrl)
                        .setNonce(String.valueOf(++nonce))
                        .addAllResources(changed)
                        .addAllRemovedResources(removed)
                        .build());
            }
        }

        @Override
        public void onError(Throwable failure) {
            gone();
        }

        @Override
        public void onCompleted() {
            gone();
            responses.onError(Status.UNAVAILABLE.asRuntimeException());
        }

        private void gone() {
            synchronized (FakeControlPlane.this) {
                streams.remove(this);
            }
        }
    }
}
