package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.socket.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.timeout.IdleStateHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection after its route is decided: {@linkplain Dial dials}, then joins the two channels. Lives on the
 * client's event loop.
 */
final class RelayConnection {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    private final RelayContext context;
    private final Channel client;
    private @Nullable ByteBuf received;
    private @Nullable Dial dial;
    private @Nullable Channel upstream;
    private Runnable over = () -> {};
    private boolean inputEnded;

    RelayConnection(RelayContext context, Channel client, ByteBuf received) {
        this.context = context;
        this.client = client;
        this.received = received;
        client.pipeline().addLast(new WhileDialing());
    }

    void toWorkload(Route.Workloads route) {
        context.relays().add(this, route);
        dial(context.destinations().balanced(route.targets()), RefusalCause.NO_READY_TARGET, CutCause.SILENT_WORKLOAD);
    }

    void toPeer(Route.Peer route) {
        context.relays().add(this, route);
        dial(context.destinations().healthyFirst(route.gateways()), RefusalCause.PEER_UNREACHABLE, CutCause.SILENT_GATEWAY);
    }

    /** To one of the gateway's own servers; it sees where the client comes from in its peer's address. */
    void toLocal(LocalAddress server, LocalAddress client) {
        bootstrap(context.transport().local(), LocalChannel.class)
                .connect(server, client)
                .addListener((ChannelFuture future) -> this.client.eventLoop().execute(() -> {
                    if (future.isSuccess()) {
                        join(future.channel(), false);
                    } else {
                        refuse(RefusalCause.LOCAL_SERVER_UNAVAILABLE, String.valueOf(future.cause().getMessage()));
                    }
                }));
    }

    private void dial(List<InetSocketAddress> addresses, RefusalCause whenNone, CutCause whenSilent) {
        Sockets sockets = context.transport().sockets();
        Bootstrap bootstrap = bootstrap(client.eventLoop(), sockets.socketChannel())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true);
        sockets.probeWhenIdle(bootstrap);
        boolean toGateway = whenSilent == CutCause.SILENT_GATEWAY;
        Dial started = new Dial(context, client.eventLoop(), bootstrap, toGateway, addresses, new Dial.Then() {
            @Override
            public void connected(Channel channel, InetSocketAddress address) {
                context.destinations().opened(address);
                channel.closeFuture().addListener(closed -> context.destinations().closed(address));
                watch(channel, whenSilent);
                join(channel, toGateway);
            }

            @Override
            public void failed() {
                refuse(whenNone, "none of the addresses accepts connections");
            }
        });
        dial = started;
        started.start();
    }

    private Bootstrap bootstrap(EventLoopGroup loop, Class<? extends Channel> type) {
        return new Bootstrap().group(loop).channel(type)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) context.limits().connectTimeout().toMillis())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new NoHandler());
    }

    private void watch(Channel channel, CutCause whenSilent) {
        context.silentPeers().watch(channel, () -> context.counters().increment(whenSilent.label()));
    }

    private void join(Channel upstream, boolean marked) {
        ByteBuf first = received;
        if (first == null || !client.isActive()) {
            upstream.close();
            return;
        }
        received = null;
        this.upstream = upstream;
        upstream.closeFuture().addListener(closed -> endIfOver());
        upstream.pipeline().addLast(idle(), new RelayHandler(client, context.bytesOut(), context.relayErrors()));
        if (marked) {
            upstream.write(HopMarker.toBuffer(), upstream.voidPromise());
        }
        context.bytesIn().add(first.readableBytes());
        upstream.writeAndFlush(first, upstream.voidPromise());
        ChannelPipeline pipeline = client.pipeline();
        pipeline.remove(WhileDialing.class);
        RelayHandler inward = new RelayHandler(upstream, context.bytesIn(), context.relayErrors());
        pipeline.addLast(idle(), inward);
        watch(client, CutCause.SILENT_CLIENT);
        context.counters().increment("relayed");
        if (!upstream.isActive()) {
            // It ended at the first write, maybe before its handler was there to pass the end on.
            client.close();
            return;
        }
        upstream.config().setAutoRead(true);
        if (inputEnded) {
            inward.endOutput();
        } else if (client.isActive()) {
            client.config().setAutoRead(true);
        }
    }

    /** On both channels: one that takes nothing more may be left when the other has ended. */
    private IdleStateHandler idle() {
        return new IdleStateHandler(0, 0, context.limits().idleTimeout().toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Calls back, on the event loop, when both channels are closed. To be called on the event loop, once. */
    void whenOver(Runnable then) {
        over = then;
        client.closeFuture().addListener(closed -> endIfOver());
    }

    private void endIfOver() {
        if (!isOpen()) {
            over.run();
        }
    }

    private boolean isOpen() {
        return client.isOpen() || upstream != null && upstream.isOpen();
    }

    /** Runs something on the event loop, after a while. Any thread may call it. */
    void later(Duration delay, Runnable then) {
        client.eventLoop().schedule(then, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends it at once, whatever is still under way. To be called on the event loop. */
    void cut(CutCause cause) {
        if (isOpen()) {
            context.counters().increment(cause.label());
            stopDialing();
            client.close();
            if (upstream != null) {
                upstream.close();
            }
        }
    }

    private void stopDialing() {
        if (dial != null) {
            dial.stop();
        }
        if (received != null) {
            received.release();
            received = null;
        }
    }

    private void refuse(RefusalCause cause, String detail) {
        if (received != null) {
            received.release();
            received = null;
            context.refusals().refuse(client, cause, detail);
        }
    }

    /** Until the upstream is there: drops what was kept when the client goes away. */
    private final class WhileDialing extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            // Reading is off; a read that was already under way may still deliver one buffer.
            ByteBuf more = (ByteBuf) msg;
            ByteBuf head = received;
            if (head == null) {
                more.release();
                return;
            }
            received = ctx.alloc().buffer(head.readableBytes() + more.readableBytes())
                    .writeBytes(head).writeBytes(more);
            head.release();
            more.release();
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                inputEnded = true;
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            drop();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            context.relayErrors().increment();
            drop();
            ctx.close();
        }

        private void drop() {
            if (received != null) {
                stopDialing();
                context.counters().increment("client_gone_while_dialing");
            }
        }
    }

    private static final class NoHandler extends ChannelInboundHandlerAdapter {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            ctx.pipeline().remove(this);
        }
    }
}
