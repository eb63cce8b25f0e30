package dev.meshctl.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each connection proves anew who is at its ends, though the one before it was with the same peer a moment ago. */
final class ResumptionTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    private final TestAuthority west = new TestAuthority(WEST);
    private final Svid svid = west.issue(new SpiffeId(WEST, "shop", "web"), Duration.ofHours(1));
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final AtomicInteger checks = new AtomicInteger();
    private final BundleSource counting = () -> {
        checks.incrementAndGet();
        return west.bundles();
    };

    @BeforeEach
    void boringSsl_is_what_is_tested() {
        assertThat(OpenSsl.isAvailable()).isTrue();
    }

    @AfterEach
    void stop() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    private InetSocketAddress serve(SslContext context) {
        Channel server = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(context.newHandler(channel.alloc()), new Greeting());
                    }
                })
                .bind("127.0.0.1", 0).syncUninterruptibly().channel();
        return (InetSocketAddress) server.localAddress();
    }

    /** Says hello; what comes with it, as session tickets, is read. */
    private static final class Greeting extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf asked) {
            ctx.writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.US_ASCII));
        }
    }

    private void call(InetSocketAddress server, SslContext context) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        Channel channel = new Bootstrap().group(loops).channel(NioSocketChannel.class)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        // The host's name is what clients keep sessions under.
                        made.pipeline().addLast(context.newHandler(made.alloc(), "payments.shop", 443), new Hearing(answer));
                    }
                })
                .connect(server).syncUninterruptibly().channel();
        channel.pipeline().get(SslHandler.class).handshakeFuture().syncUninterruptibly();
        channel.writeAndFlush(Unpooled.copiedBuffer("hi", StandardCharsets.US_ASCII));
        assertThat(answer.orTimeout(Await.SECONDS, TimeUnit.SECONDS).join()).isEqualTo("hello");
        channel.close().syncUninterruptibly();
    }

    private static final class Hearing extends SimpleChannelInboundHandler<ByteBuf> {
        private final CompletableFuture<String> answer;

        Hearing(CompletableFuture<String> answer) {
            this.answer = answer;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf heard) {
            answer.complete(heard.toString(StandardCharsets.US_ASCII));
        }
    }

    @ParameterizedTest
    @EnumSource(value = SslProvider.class, names = {"OPENSSL", "JDK"})
    void a_server_checks_a_client_that_would_resume_its_session(SslProvider provider) throws SSLException {
        InetSocketAddress server = serve(MeshTls.server(svid, counting, ClientAuth.REQUIRE, List.of()));
        SslContext client = SslContextBuilder.forClient().sslProvider(provider).protocols("TLSv1.3")
                .keyManager(svid.key(), svid.chain()).endpointIdentificationAlgorithm("")
                .trustManager(new SpiffeTrustManager(west::bundles, InstantSource.system())).build();

        for (int i = 1; i <= 3; i++) {
            call(server, client);
            assertThat(checks).as("checks of the client").hasValue(i);
        }
    }

    @Test
    void a_client_checks_a_server_that_would_resume_its_session() throws SSLException {
        InetSocketAddress server = serve(SslContextBuilder.forServer(svid.key(), svid.chain())
                .sslProvider(SslProvider.OPENSSL).protocols("TLSv1.3").build());
        SslContext client = MeshTls.client(svid, counting, List.of());

        for (int i = 1; i <= 3; i++) {
            call(server, client);
            assertThat(checks).as("checks of the server").hasValue(i);
        }
    }
}
