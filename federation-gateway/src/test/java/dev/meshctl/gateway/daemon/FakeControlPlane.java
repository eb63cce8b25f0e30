package dev.meshctl.gateway.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
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
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.HeldPort;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.Server;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The gateway's control plane: sends the state it is given, keeps what the gateway says. */
final class FakeControlPlane extends GatewayControlGrpc.GatewayControlImplBase implements AutoCloseable {
    final List<GatewayHello> hellos = new CopyOnWriteArrayList<>();
    final Map<String, PeerImports> imports = new ConcurrentHashMap<>();
    final Map<String, LinkStatus> statuses = new ConcurrentHashMap<>();
    final Map<String, BundleUpdate> bundles = new ConcurrentHashMap<>();
    final Map<String, AddressUpdate> addresses = new ConcurrentHashMap<>();
    volatile Function<JoinRequest, JoinDecision> decides =
            request -> JoinDecision.newBuilder().setReason("the token is unknown").build();
    private final TestAuthority authority;
    private final SpiffeId gateway;
    private GatewayState state = GatewayState.getDefaultInstance();
    private @Nullable StreamObserver<GatewayDown> down;
    private final HeldPort port = new HeldPort();
    private Server server;

    FakeControlPlane(TestAuthority authority) throws IOException {
        this.authority = authority;
        this.gateway = SpiffeId.of(authority.trustDomain(), SystemIdentity.FEDERATION_GATEWAY);
        this.server = start();
    }

    private Server start() throws IOException {
        SpiffeId own = SpiffeId.of(authority.trustDomain(), SystemIdentity.CONTROL_PLANE);
        return MeshServer.builder(port.address(),
                        TestAuthority.fixed(authority.issue(own, Duration.ofHours(1))), authority::bundles,
                        ClientAuth.REQUIRE)
                .addService(this).intercept(MeshServer.require(gateway::equals)).build().start();
    }

    HostPort address() {
        return HostPort.of(port.address());
    }

    void stop() throws InterruptedException {
        server.shutdownNow().awaitTermination();
        synchronized (this) {
            down = null;
        }
        imports.clear();
        statuses.clear();
    }

    @Override
    public void close() throws Exception {
        stop();
        port.close();
    }

    void startAgain() throws IOException {
        server = start();
    }

    synchronized void push(GatewayState next) {
        state = next;
        if (down != null) {
            down.onNext(GatewayDown.newBuilder().setState(next).build());
        }
    }

    @Override
    public synchronized StreamObserver<GatewayUp> session(StreamObserver<GatewayDown> responses) {
        // Without a handler, pushing to a gateway that has just gone would be an exception.
        ((ServerCallStreamObserver<GatewayDown>) responses).setOnCancelHandler(() -> gone(responses));
        down = responses;
        responses.onNext(GatewayDown.newBuilder().setState(state).build());
        return new StreamObserver<>() {
            @Override
            public void onNext(GatewayUp up) {
                take(up);
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onCompleted() {}
        };
    }

    private synchronized void gone(StreamObserver<GatewayDown> responses) {
        if (down == responses) {
            down = null;
        }
    }

    private void take(GatewayUp up) {
        switch (up.getMessageCase()) {
            case HELLO -> hellos.add(up.getHello());
            case LINK_STATUS -> statuses.put(up.getLinkStatus().getPeer(), up.getLinkStatus());
            case IMPORTS -> imports.put(up.getImports().getPeer(), up.getImports());
            case BUNDLE_UPDATE -> bundles.put(up.getBundleUpdate().getPeer(), up.getBundleUpdate());
            case ADDRESS_UPDATE -> addresses.put(up.getAddressUpdate().getPeer(), up.getAddressUpdate());
            case JOIN_REQUEST -> {
                JoinDecision decision = decides.apply(up.getJoinRequest()).toBuilder()
                        .setId(up.getJoinRequest().getId()).build();
                synchronized (this) {
                    if (down != null) {
                        down.onNext(GatewayDown.newBuilder().setJoinDecision(decision).build());
                    }
                }
            }
            default -> { }
        }
    }
}
