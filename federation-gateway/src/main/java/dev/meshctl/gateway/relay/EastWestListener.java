package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.socket.SilentPeers;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The one port that other clusters reach. Accepts, reads the server name, decides by the
 * {@link RouteTable}, relays. Nothing is decrypted here, so what the two ends said to each other stays
 * theirs.
 *
 * <p>Only clients of this cluster's side are relayed on to other clusters. A connection counts as another
 * cluster's when it carries the gateways' hop marker or comes from the IP address of a linked gateway, or
 * (with {@code transitSources}) from outside of the given networks. Where all clusters share one address,
 * as on a machine with 127.0.0.1 only, the marker alone decides.
 */
public final class EastWestListener implements AutoCloseable {
    /** Of the whole process, as the names of in-process channels are. */
    private static final AtomicLong LOCAL_CLIENTS = new AtomicLong();

    private final Channel server;
    private final ChannelGroup clients;
    private final RelayContext context;

    private EastWestListener(Channel server, ChannelGroup clients, RelayContext context) {
        this.server = server;
        this.clients = clients;
        this.context = context;
    }

    /**
     * How a port is set up.
     *
     * @param bind address and port; port 0: any
     * @param transitSources networks whose connections may go on to other clusters; empty: all but known gateways
     * @param routes asked for each connection
     * @param peeringServer where the peering server listens in this process
     * @param linkServer where the link handshake server listens in this process
     */
    public record Setup(InetSocketAddress bind, List<Network> transitSources, Supplier<RouteTable> routes,
            LocalAddress peeringServer, LocalAddress linkServer, RelayLimits limits, Counters counters,
            InstantSource clock, RandomGenerator random) {
        public Setup {
            transitSources = List.copyOf(transitSources);
        }
    }

    /**
     * Opens the port.
     *
     * @throws IOException if the address cannot be bound; the message names it
     */
    public static EastWestListener open(Transport transport, Setup setup) throws IOException {
        InetAddress bound = setup.bind.getAddress();
        RelayContext context = new RelayContext(transport, setup.limits,
                new Destinations(setup.clock, setup.random), new Names(setup.counters), new Refusals(setup.counters),
                new Relays(setup.routes, setup.limits.withdrawalGrace()), new SilentPeers(), setup.counters, new LongAdder(), new LongAdder(), new LongAdder(),
                bound == null || bound.isAnyLocalAddress() ? null : bound);
        ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(transport.loops()).channel(transport.sockets().serverChannel())
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, 1024)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(32 * 1024, 64 * 1024))
                .handler(new FailuresToAccept(setup.counters))
                .childHandler(new Accept(setup, context, clients));
        transport.sockets().probeWhenIdle(bootstrap);
        var binding = bootstrap.bind(setup.bind).awaitUninterruptibly();
        if (!binding.isSuccess()) {
            throw new IOException("cannot listen on " + setup.bind + ": " + binding.cause().getMessage(),
                    binding.cause());
        }
        return new EastWestListener(binding.channel(), clients, context);
    }

    /** Where the port is bound. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.localAddress();
    }

    /** Open client connections. */
    public int connections() {
        return clients.size();
    }

    /** Bytes relayed from clients to where they wanted to go. */
    public long bytesIn() {
        return context.bytesIn().sum();
    }

    /** Bytes relayed back to clients. */
    public long bytesOut() {
        return context.bytesOut().sum();
    }

    /** Relays that ended with an error, such as a reset. */
    public long relayErrors() {
        return context.relayErrors().sum();
    }

    /** The routes are others now: ends, after a grace, what is relayed to where there is no route any more. Any thread. */
    public void routesChanged() {
        context.relays().review();
    }

    /** Stops accepting, waits for open relays to end by themselves, then cuts those left. Returns how many. */
    public int drain(Duration deadline) throws InterruptedException {
        server.close().awaitUninterruptibly();
        clients.newCloseFuture().await(deadline.toMillis());
        int cut = clients.size();
        clients.close().await(1000);
        return cut;
    }

    /** Closes the port and every connection at once. */
    @Override
    public void close() {
        server.close().awaitUninterruptibly();
        clients.close().awaitUninterruptibly(1000);
    }

    /** Counts, as when no file descriptor is left; what follows in the pipeline pauses accepting for a second. */
    private static final class FailuresToAccept extends ChannelInboundHandlerAdapter {
        private final Counters counters;

        FailuresToAccept(Counters counters) {
            this.counters = counters;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            counters.increment("accept_failed");
            ctx.fireExceptionCaught(cause);
        }
    }

    private static final class Accept extends ChannelInitializer<Channel> implements HelloHandler.Next {
        private final Setup setup;
        private final RelayContext context;
        private final ChannelGroup clients;

        Accept(Setup setup, RelayContext context, ChannelGroup clients) {
            this.setup = setup;
            this.context = context;
            this.clients = clients;
        }

        @Override
        protected void initChannel(Channel client) {
            setup.counters.increment("accepted");
            if (clients.size() >= setup.limits.maxConnections()) {
                context.refusals().refuse(client, RefusalCause.OVERLOADED, "too many connections");
                return;
            }
            clients.add(client);
            client.pipeline().addLast(new HelloHandler(this, setup.limits.helloTimeout()));
        }

        @Override
        public void named(ChannelHandlerContext ctx, String serverName, boolean fromGateway, ByteBuf received) {
            Channel client = ctx.channel();
            RouteTable routes = setup.routes.get();
            Route route = routes.route(serverName, !fromGateway && isOwnSide(client, routes));
            if (route instanceof Route.Refused(RefusalCause cause)) {
                received.release();
                context.refusals().refuse(client, cause, "server name \"" + serverName + "\"");
                return;
            }
            RelayConnection connection = new RelayConnection(context, client, received);
            ctx.pipeline().remove(HelloHandler.class);
            switch (route) {
                case Route.Workloads workloads -> connection.toWorkload(workloads);
                case Route.Peer peer -> connection.toPeer(peer);
                case Route.Peering() -> connection.toLocal(setup.peeringServer, nameOf(client));
                case Route.LinkHandshake() -> connection.toLocal(setup.linkServer, nameOf(client));
                case Route.Refused(var cause) -> throw new IllegalStateException("refused above");
            }
        }

        @Override
        public void refused(ChannelHandlerContext ctx, RefusalCause cause, String detail) {
            context.refusals().refuse(ctx.channel(), cause, detail);
        }

        private boolean isOwnSide(Channel client, RouteTable routes) {
            @Nullable InetAddress source = ((InetSocketAddress) client.remoteAddress()).getAddress();
            if (source == null) {
                return false;
            }
            if (!setup.transitSources.isEmpty()) {
                return setup.transitSources.stream().anyMatch(network -> network.contains(source));
            }
            return source.equals(context.sourceAddress()) || !routes.gatewayAddresses().contains(source);
        }

        /** Carries the client's IP address into the in-process channel, and is unique. */
        private LocalAddress nameOf(Channel client) {
            InetAddress source = ((InetSocketAddress) client.remoteAddress()).getAddress();
            return new LocalAddress(
                    (source == null ? "unknown" : source.getHostAddress()) + "#" + LOCAL_CLIENTS.incrementAndGet());
        }
    }
}
