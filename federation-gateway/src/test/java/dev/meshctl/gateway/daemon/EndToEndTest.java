package dev.meshctl.gateway.daemon;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.tls.MeshTls;
import dev.meshctl.runtime.tls.PeerCertificates;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class EndToEndTest {
    @TempDir
    Path directory;
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private TestCluster west;
    private TestCluster east;
    private SpiffeId web;
    private SpiffeId payments;
    private BundleSource both;
    private final CompletableFuture<Optional<SpiffeId>> seenByTheServer = new CompletableFuture<>();

    @BeforeEach
    void start() throws Exception {
        west = new TestCluster("west", directory);
        east = new TestCluster("east", directory);
        web = new SpiffeId(west.domain, "shop", "web");
        payments = new SpiffeId(east.domain, "shop", "payments");
        both = () -> new Bundles(Map.of(
                west.domain, west.authority.bundle(), east.domain, east.authority.bundle()));
        int port = ((InetSocketAddress) workload().localAddress()).getPort();
        west.linkWith(east);
        east.export("payments", 1,
                RelayTarget.newBuilder().setAddress("127.0.0.1").setPort(port).setReady(true).build());
        Await.until("synced", () -> west.importedNames(east).contains("payments"));
    }

    @AfterEach
    void stop() throws Exception {
        west.close();
        east.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).await(2000);
    }

    /** An mTLS server that says back what it hears. */
    private Channel workload() throws InterruptedException {
        return new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .childHandler(pipeline(channel -> MeshTls.server(
                        east.issue(payments), both, ClientAuth.REQUIRE, List.of("mesh-tcp"))
                        .newHandler(channel.alloc()), new ChannelInboundHandlerAdapter() {
                            @Override
                            public boolean isSharable() {
                                return true;
                            }

                            @Override
                            public void channelRead(ChannelHandlerContext ctx, Object msg) throws Exception {
                                seenByTheServer.complete(PeerCertificates.idOf(
                                        ctx.pipeline().get(SslHandler.class).engine().getSession()));
                                ctx.writeAndFlush(msg);
                            }
                        }))
                .bind("127.0.0.1", 0).sync().channel();
    }

    private interface Tls {
        SslHandler of(Channel channel);
    }

    private static ChannelInitializer<Channel> pipeline(Tls tls, ChannelHandler handler) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(tls.of(channel), handler);
            }
        };
    }

    /** Calls through the gateway of west; returns the answer. */
    private CompletableFuture<String> call(String sni, SpiffeId expected) throws IOException {
        CompletableFuture<String> answer = new CompletableFuture<>();
        HostPort gateway = HostPort.parse(west.address());
        new Bootstrap().group(loops).channel(NioSocketChannel.class).handler(pipeline(
                channel -> MeshTls.client(west.issue(web), both, List.of("mesh-tcp"), expected::equals)
                        .newHandler(channel.alloc(), sni, 443),
                new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(ChannelHandlerContext ctx) {
                        ctx.writeAndFlush(Unpooled.copiedBuffer("hello from web", US_ASCII));
                    }

                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object msg) {
                        answer.complete(((ByteBuf) msg).toString(US_ASCII));
                        ((ByteBuf) msg).release();
                        ctx.close();
                    }

                    @Override
                    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
                        answer.completeExceptionally(cause);
                        ctx.close();
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext ctx) {
                        answer.completeExceptionally(new IOException("closed"));
                    }
                })).connect(gateway.host(), gateway.port());
        return answer;
    }

    @Test
    void a_call_crosses_both_gateways_with_mtls_from_end_to_end() throws Exception {
        assertThat(call("80.payments.shop.east.mesh", payments).get(Await.SECONDS, TimeUnit.SECONDS))
                .isEqualTo("hello from web");
        assertThat(seenByTheServer.get(Await.SECONDS, TimeUnit.SECONDS)).contains(web);
        Await.until("counted on both sides", () -> west.count("relayed") >= 1 && east.count("relayed") >= 2);
    }

    @Test
    void calls_go_on_while_both_control_planes_are_away() throws Exception {
        west.control.stop();
        east.control.stop();
        west.restart();
        east.restart();

        assertThat(call("80.payments.shop.east.mesh", payments).get(Await.SECONDS, TimeUnit.SECONDS))
                .isEqualTo("hello from web");
    }

    @Test
    void an_unexported_service_of_the_other_cluster_is_not_reached() throws Exception {
        CompletableFuture<String> answer = call("80.inventory.shop.east.mesh", payments);

        assertThat(answer.handle((text, failure) -> failure).get(Await.SECONDS, TimeUnit.SECONDS)).isNotNull();
        assertThat(east.count("not_exported")).isEqualTo(1);
        assertThat(seenByTheServer).isNotDone();
    }

    @Test
    void a_server_of_another_identity_is_found_out_by_the_caller() throws Exception {
        CompletableFuture<String> answer =
                call("80.payments.shop.east.mesh", new SpiffeId(east.domain, "shop", "inventory"));

        assertThat(answer.handle((text, failure) -> failure).get(Await.SECONDS, TimeUnit.SECONDS)).isNotNull();
    }
}
