package dev.meshctl.trust.client;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.CreateJoinTokenRequest;
import dev.meshctl.api.proto.trust.CreateJoinTokenResponse;
import dev.meshctl.api.proto.trust.PutBundleRequest;
import dev.meshctl.api.proto.trust.RemoveBundleRequest;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Calls a trust bridge's admin API; each call ends within five seconds. Safe for use by several threads. */
public final class TrustAdminClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final String where;
    private final ManagedChannel channel;
    private final Runnable afterClose;

    private TrustAdminClient(String where, ManagedChannel channel, Runnable afterClose) {
        this.where = where;
        this.channel = channel;
        this.afterClose = afterClose;
    }

    /** A token and its end; shown this once. */
    public record JoinToken(String token, Instant expires) {
        /** Never the token. */
        @Override
        public String toString() {
            return "JoinToken[until " + expires + "]";
        }
    }

    /** Over the owner's Unix socket, {@code <data>/trust-bridge/admin.sock}. */
    public static TrustAdminClient overSocket(Path socket) {
        EventLoopGroup loop = UnixSockets.loop("trust-admin");
        ManagedChannel channel = NettyChannelBuilder.forAddress(address(socket))
                .channelType(NioDomainSocketChannel.class)
                .eventLoopGroup(loop)
                .overrideAuthority("localhost")
                .usePlaintext()
                .proxyDetector(target -> null)
                .build();
        return new TrustAdminClient(
                "trust bridge at " + socket, channel, () -> loop.shutdownGracefully(0, 1, TimeUnit.SECONDS));
    }

    private static UnixDomainSocketAddress address(Path socket) {
        return UnixDomainSocketAddress.of(ShortSocket.find(socket.toAbsolutePath()));
    }

    /** Over mTLS as the admin, or as the control plane for bundles. */
    public static TrustAdminClient overMesh(
            HostPort address, TrustDomain own, SvidSource as, BundleSource bundles) {
        SpiffeId server = SpiffeId.of(own, SystemIdentity.TRUST_BRIDGE);
        return new TrustAdminClient(
                "trust bridge " + address,
                MeshChannel.builder(address, as, bundles, server::equals, null).build(),
                () -> {});
    }

    /** Makes a join token for an identity of the mesh; 1 s to 24 h. */
    public JoinToken createJoinToken(SpiffeId id, Duration ttl) throws TrustAdminException {
        CreateJoinTokenRequest request = CreateJoinTokenRequest.newBuilder()
                .setSpiffeId(id.toString())
                .setTtlSeconds(Math.toIntExact(Math.clamp(ttl.toSeconds(), 0, Integer.MAX_VALUE)))
                .build();
        CreateJoinTokenResponse response = call(stub -> stub.createJoinToken(request));
        return new JoinToken(response.getToken(), Instant.ofEpochSecond(response.getExpiresEpochSeconds()));
    }

    /** Stores a linked mesh's bundle; false if exactly this one was there. */
    public boolean putBundle(TrustBundle bundle) throws TrustAdminException {
        PutBundleRequest request = PutBundleRequest.newBuilder()
                .setBundle(TrustDomainBundle.newBuilder()
                        .setTrustDomain(bundle.trustDomain().name())
                        .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(bundle))))
                .build();
        return call(stub -> stub.putBundle(request)).getChanged();
    }

    /** Forgets a linked mesh's bundle; false if there was none. */
    public boolean removeBundle(TrustDomain trustDomain) throws TrustAdminException {
        RemoveBundleRequest request =
                RemoveBundleRequest.newBuilder().setTrustDomain(trustDomain.name()).build();
        return call(stub -> stub.removeBundle(request)).getRemoved();
    }

    /** What the trust bridge has and does. */
    public TrustStatus status() throws TrustAdminException {
        return call(stub -> stub.status(TrustStatusRequest.getDefaultInstance()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        afterClose.run();
    }

    private <R> R call(Function<TrustAdminGrpc.TrustAdminBlockingStub, R> call) throws TrustAdminException {
        channel.resetConnectBackoff();
        try {
            return call.apply(TrustAdminGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException e) {
            throw new TrustAdminException(causeOf(e), where + ": " + describe(e.getStatus()), e);
        }
    }

    private static String causeOf(StatusRuntimeException e) {
        Metadata trailers = e.getTrailers();
        String named = trailers == null ? null : trailers.get(TrustBridgeClient.CAUSE);
        if (named != null) {
            return named;
        }
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED -> "trust_bridge_unavailable";
            default -> "trust_bridge_" + e.getStatus().getCode().name().toLowerCase(Locale.ROOT);
        };
    }

    private static String describe(Status status) {
        String description = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        Throwable cause = status.getCause();
        return switch (status.getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED ->
                    description + (cause == null ? "" : " (" + cause.getMessage() + ")") + "; is it running?";
            default -> description;
        };
    }
}
