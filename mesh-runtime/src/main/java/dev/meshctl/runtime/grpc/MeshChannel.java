package dev.meshctl.runtime.grpc;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.tls.MeshTls;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * gRPC channels of the mesh. A channel's own reconnect backoff grows to two minutes: a caller that has a
 * backoff of its own calls {@code resetConnectBackoff()} on the channel before it tries again.
 */
public final class MeshChannel {
    private static final int CONNECT_TIMEOUT_MILLIS = 3000;

    private MeshChannel() {}

    /**
     * A builder with TLS, keepalive of 10 s and a connect timeout of 3 s.
     *
     * @param as the client's identity, asked for each new connection; null for a client without a certificate
     * @param expectedServer the servers that are accepted, asked after the chain has been checked
     * @param sni the server name to send; null for none when the host is an address
     */
    public static NettyChannelBuilder builder(
            HostPort address,
            @Nullable SvidSource as,
            BundleSource bundles,
            Predicate<SpiffeId> expectedServer,
            @Nullable String sni) {
        List<String> alpn = List.of("h2");
        SslContext tls = as == null
                ? MeshTls.anonymousClient(bundles, alpn, expectedServer)
                : MeshTls.client(as, bundles, alpn, expectedServer);
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(address.host(), address.port())
                .sslContext(tls)
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(false)
                .maxInboundMessageSize(MeshServer.MAX_MESSAGE_BYTES)
                // Calls inside the mesh never go through a web proxy that the environment names.
                .proxyDetector(target -> null);
        return sni == null ? builder : builder.overrideAuthority(sni);
    }

    /** Connects, and returns whether that worked within the limit: the other side has shown an identity that is accepted. */
    public static boolean isReady(ManagedChannel channel, Duration limit) throws InterruptedException {
        channel.resetConnectBackoff();
        long deadline = System.nanoTime() + limit.toNanos();
        ConnectivityState state = channel.getState(true);
        while (state != ConnectivityState.READY) {
            CountDownLatch changed = new CountDownLatch(1);
            channel.notifyWhenStateChanged(state, changed::countDown);
            if (!changed.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                return false;
            }
            state = channel.getState(true);
        }
        return true;
    }
}
