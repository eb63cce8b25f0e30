package dev.meshctl.runtime.grpc;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.tls.MeshTls;
import dev.meshctl.runtime.tls.PeerCertificates;
import dev.meshctl.runtime.tls.PeerRejected;
import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerTransportFilter;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** gRPC servers of the mesh: TLS with a live SVID, calls on virtual threads, limits on all that a peer sends. */
public final class MeshServer {
    /** Who calls; absent when the client showed no certificate. */
    public static final Context.Key<SpiffeId> PEER = Context.key("meshctl-peer");
    /** The largest message that is received, in bytes. */
    public static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private static final int MAX_METADATA_BYTES = 16 * 1024;
    private static final int MAX_CALLS_PER_CONNECTION = 1024;
    private static final Executor VIRTUAL = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("grpc-call-", 0).factory());

    private MeshServer() {}

    /**
     * A builder with TLS, limits and keepalive set; add services, then build.
     *
     * @param bind port 0 lets the system choose
     * @param svids asked for each new connection
     */
    public static NettyServerBuilder builder(
            InetSocketAddress bind, SvidSource svids, BundleSource bundles, ClientAuth clientAuth) {
        return builder(bind, svids, bundles, clientAuth, new Counters());
    }

    /**
     * As {@link #builder(InetSocketAddress, SvidSource, BundleSource, ClientAuth)}, and counts who gets no
     * connection: all under {@code handshake_failed}, and those with a certificate that is refused under
     * {@code client_} and its {@link PeerRejected.Cause} too.
     */
    public static NettyServerBuilder builder(
            InetSocketAddress bind, SvidSource svids, BundleSource bundles, ClientAuth clientAuth, Counters counters) {
        return NettyServerBuilder.forAddress(bind)
                .sslContext(MeshTls.server(svids, bundles, clientAuth, List.of("h2"), counters))
                .addTransportFilter(countHandshakes(counters))
                .executor(VIRTUAL)
                .handshakeTimeout(10, TimeUnit.SECONDS)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .keepAliveTime(20, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                // Clients ask every 10 s; anything much faster is abuse.
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionIdle(10, TimeUnit.MINUTES)
                .intercept(new PeerInterceptor());
    }

    /** Counts connections that end before their handshake is done, under {@code handshake_failed}. */
    public static ServerTransportFilter countHandshakes(Counters counters) {
        return new ServerTransportFilter() {
            @Override
            public void transportTerminated(@Nullable Attributes attributes) {
                // Only a connection that was ready has attributes.
                if (attributes == null) {
                    counters.increment("handshake_failed");
                }
            }
        };
    }

    /**
     * Lets a call pass if its caller is allowed. Others get {@code PERMISSION_DENIED}, and callers without a
     * certificate {@code UNAUTHENTICATED}, with a description that says why.
     */
    public static ServerInterceptor require(Predicate<SpiffeId> allowed) {
        return new RequireInterceptor(allowed);
    }

    private static Optional<SpiffeId> peerOf(ServerCall<?, ?> call) {
        SpiffeId known = PEER.get();
        if (known != null) {
            return Optional.of(known);
        }
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        try {
            return session == null ? Optional.empty() : PeerCertificates.idOf(session);
        } catch (PeerRejected e) {
            // Cannot happen after a handshake that our trust manager has checked; not an identity anyhow.
            return Optional.empty();
        }
    }

    private static final class PeerInterceptor implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            Optional<SpiffeId> peer = peerOf(call);
            return peer.isEmpty()
                    ? next.startCall(call, headers)
                    : Contexts.interceptCall(
                            Context.current().withValue(PEER, peer.get()), call, headers, next);
        }
    }

    private record RequireInterceptor(Predicate<SpiffeId> allowed) implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            Optional<SpiffeId> peer = peerOf(call);
            String method = call.getMethodDescriptor().getFullMethodName();
            if (peer.isEmpty()) {
                return refuse(call, Status.UNAUTHENTICATED.withDescription(
                        method + " needs a client certificate of the mesh"));
            }
            if (!allowed.test(peer.get())) {
                return refuse(call, Status.PERMISSION_DENIED.withDescription(
                        peer.get() + " may not call " + method));
            }
            return next.startCall(call, headers);
        }

        private static <Q, R> ServerCall.Listener<Q> refuse(ServerCall<Q, R> call, Status status) {
            call.close(status, new Metadata());
            return new ServerCall.Listener<>() {};
        }
    }
}
