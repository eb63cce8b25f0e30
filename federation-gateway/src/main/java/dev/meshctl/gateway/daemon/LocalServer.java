package dev.meshctl.gateway.daemon;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.gateway.relay.Transport;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.tls.PeerCertificates;
import dev.meshctl.runtime.tls.PeerRejected;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalServerChannel;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import javax.net.ssl.SSLSession;

/**
 * A gRPC server that listens inside of this process only: what reaches it has come through the east-west port
 * and its bounds. TLS ends here, so the port itself decrypts nothing.
 */
final class LocalServer {
    private static final int MAX_METADATA_BYTES = 16 * 1024;
    private static final Executor VIRTUAL = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("gateway-call-", 0).factory());

    private LocalServer() {}

    static Server start(LocalAddress address, Transport transport, SslContext tls, BindableService service,
            int maxMessageBytes, Counters counters, List<ServerInterceptor> interceptors) throws IOException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(address)
                .channelType(LocalServerChannel.class)
                .bossEventLoopGroup(transport.local())
                .workerEventLoopGroup(transport.local())
                .executor(VIRTUAL)
                .sslContext(tls)
                .handshakeTimeout(5, TimeUnit.SECONDS)
                .maxInboundMessageSize(maxMessageBytes)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(4)
                .keepAliveTime(20, TimeUnit.SECONDS)
                .keepAliveTimeout(10, TimeUnit.SECONDS)
                .permitKeepAliveTime(5, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .maxConnectionIdle(1, TimeUnit.MINUTES)
                .addTransportFilter(MeshServer.countHandshakes(counters))
                .addService(service);
        interceptors.forEach(builder::intercept);
        return builder.build().start();
    }

    /** Lets the allowed callers pass and sets {@link MeshServer#PEER}; refuses the rest with a reason. */
    static ServerInterceptor only(Predicate<SpiffeId> allowed, Counters counters) {
        return new ServerInterceptor() {
            @Override
            public <Q, A> ServerCall.Listener<Q> interceptCall(
                    ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                Optional<SpiffeId> caller = callerOf(call);
                if (caller.isPresent() && allowed.test(caller.get())) {
                    return Contexts.interceptCall(
                            Context.current().withValue(MeshServer.PEER, caller.get()), call, headers, next);
                }
                counters.increment("caller_refused");
                call.close(Status.PERMISSION_DENIED.withDescription(caller.map(SpiffeId::toString)
                        .orElse("a caller without identity") + " is not the gateway of a linked mesh"), new Metadata());
                return new ServerCall.Listener<>() {};
            }
        };
    }

    private static Optional<SpiffeId> callerOf(ServerCall<?, ?> call) {
        SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
        try {
            return session == null ? Optional.empty() : PeerCertificates.idOf(session);
        } catch (PeerRejected e) {
            return Optional.empty();
        }
    }
}
