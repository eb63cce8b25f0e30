package dev.meshctl.proxy.dns;

import dev.meshctl.proxy.flow.Discovery;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.DatagramPacket;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The DNS of a workload, by UDP and TCP. By TCP at most {@value #MAX_CONNECTIONS} connections, each for as long as it asks
 * something every ten seconds (RFC 7766); more are closed and counted as {@code dns_overloaded}.
 */
public final class DnsServer implements AutoCloseable {
    static final int MAX_CONNECTIONS = 256;

    private static final int ATTEMPTS = 50;
    private static final int MAX_MESSAGE = 65_535;
    // Queries are short; a client that has more to say has TCP for it.
    private static final int MAX_UDP_QUERY = 4096;
    private static final Duration CONNECTION_IDLE = Duration.ofSeconds(10);
    private static final Duration RESOLVER_TIMEOUT = Duration.ofSeconds(2);

    private final VirtualAddresses addresses = new VirtualAddresses();
    private final Discovery discovery;
    private final EventLoops loops;
    private final MeshNames names;
    private final Counters counters;
    private final ChannelGroup servers = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    /** @param ipv6 the workload can reach IPv6 addresses at all */
    public DnsServer(Discovery discovery, EventLoops loops, ResolvConf conf, BooleanSupplier ipv6, Counters counters) {
        this(discovery, loops, new Resolvers(loops, conf, RESOLVER_TIMEOUT, counters), ipv6, counters);
    }

    DnsServer(Discovery discovery, EventLoops loops, Forwarder forwarder, BooleanSupplier ipv6, Counters counters) {
        this.discovery = new VirtualDiscovery(discovery, addresses);
        this.loops = loops;
        this.names = new MeshNames(discovery, addresses, forwarder, ipv6, counters);
        this.counters = counters;
    }

    /** The same discovery, which also knows the addresses that this server has made up. */
    public Discovery discovery() {
        return discovery;
    }

    /**
     * Listens on an address, on the same port by UDP and TCP.
     *
     * @return where; the port is one of the system if none was asked for
     * @throws IOException if the address is in use; the message names it
     */
    public InetSocketAddress open(InetSocketAddress bind) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Channel udp = bound(bind, udp(bind));
            InetSocketAddress address = (InetSocketAddress) udp.localAddress();
            try {
                bound(address, tcp(address));
                return address;
            } catch (IOException e) {
                udp.close();
                // A port that the system has chosen is free for UDP, which says nothing about TCP.
                if (bind.getPort() != 0 || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private ChannelFuture udp(InetSocketAddress bind) {
        return new Bootstrap()
                .group(loops.workers())
                .channel(loops.datagramChannel())
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_UDP_QUERY))
                .handler(new Udp())
                .bind(bind);
    }

    private ChannelFuture tcp(InetSocketAddress bind) {
        return new ServerBootstrap()
                .group(loops.acceptor(), loops.workers())
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(bind);
    }

    private Channel bound(InetSocketAddress bind, ChannelFuture binding) throws IOException {
        if (!binding.awaitUninterruptibly(5, TimeUnit.SECONDS) || !binding.isSuccess()) {
            binding.channel().close();
            throw new IOException("cannot listen on " + bind + " for DNS: "
                    + (binding.cause() == null ? "no answer" : binding.cause().getMessage()), binding.cause());
        }
        servers.add(binding.channel());
        return binding.channel();
    }

    private void accept(Channel channel) {
        if (connections.size() >= MAX_CONNECTIONS) {
            counters.increment("dns_overloaded");
            channel.close();
            return;
        }
        connections.add(channel);
        channel.pipeline().addLast(
                new ReadTimeoutHandler(CONNECTION_IDLE.toSeconds(), TimeUnit.SECONDS),
                new LengthFieldBasedFrameDecoder(MAX_MESSAGE + 2, 0, 2, 0, 2),
                new LengthFieldPrepender(2),
                new Tcp());
    }

    private final class Udp extends SimpleChannelInboundHandler<DatagramPacket> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket packet) {
            InetSocketAddress client = packet.sender();
            var unused = names.answer(ByteBufUtil.getBytes(packet.content()), false).thenAccept(answer -> {
                if (answer.length > 0) {
                    ctx.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(answer), client));
                }
            });
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            // The socket is everybody's; one client that cannot be answered is no reason to close it.
            counters.increment("dns_client_unreachable");
        }
    }

    private final class Tcp extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
            var unused = names.answer(ByteBufUtil.getBytes(message), true).thenAccept(answer -> {
                if (answer.length > 0) {
                    ctx.writeAndFlush(Unpooled.wrappedBuffer(answer));
                } else {
                    ctx.close();
                }
            });
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            // Who does not read its answers asks no more.
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    @Override
    public void close() {
        List<ChannelGroup> all = new ArrayList<>(List.of(servers, connections));
        all.forEach(group -> group.close().awaitUninterruptibly(2, TimeUnit.SECONDS));
    }
}
