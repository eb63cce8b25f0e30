package dev.meshctl.gateway.relay;

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
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One client connection after its route is decided: dials, falls through to the next address as long as
 * no byte was relayed, then joins the two channels. Lives on the client's event loop.
 */
final class RelayConnection {
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(32 * 1024, 64 * 1024);

    private final RelayContext context;
    private final Channel client;
    private @Nullable ByteBuf received;
    private boolean inputEnded;

    RelayConnection(RelayContext context, Channel client, ByteBuf received) {
        this.context = context;
        this.client = client;
        this.received = received;
        client.pipeline().addLast(new WhileDialing());
    }

    void toWorkload(List<InetSocketAddress> targets) {
        List<InetSocketAddress> order = context.destinations().balanced(targets);
        dial(order.stream().limit(context.limits().maxAttempts()).iterator(), RefusalCause.NO_READY_TARGET, false);
    }

    void toPeer(List<InetSocketAddress> gateways) {
        List<InetSocketAddress> order = context.destinations().healthyFirst(gateways);
        dial(order.stream().limit(context.limits().maxAttempts()).iterator(), RefusalCause.PEER_UNREACHABLE, true);
    }

    /** To one of the gateway's own servers; it sees where the client comes from in its peer's address. */
    void toLocal(LocalAddress server, LocalAddress client) {
        bootstrap(context.transport().local(), LocalChannel.class)
                .connect(server, client)
                .addListener((ChannelFuture future) -> this.client.eventLoop().execute(() -> {
                    if (future.isSuccess()) {
                        join(future.channel(), null, false);
                    } else {
                        refuse(RefusalCause.LOCAL_SERVER_UNAVAILABLE, String.valueOf(future.cause().getMessage()));
                    }
                }));
    }

    private void dial(Iterator<InetSocketAddress> left, RefusalCause whenNone, boolean marked) {
        if (received == null) {
            return; // the client went away
        }
        if (!left.hasNext()) {
            refuse(whenNone, "none of the addresses accepts connections");
            return;
        }
        InetSocketAddress next = left.next();
        context.names().resolve(next, client.eventLoop()).whenComplete((address, failure) -> {
            if (failure != null) {
                retry(next, left, whenNone, marked);
            } else {
                connect(next, address, left, whenNone, marked);
            }
        });
    }

    private void connect(InetSocketAddress named, InetSocketAddress address, Iterator<InetSocketAddress> left,
            RefusalCause whenNone, boolean marked) {
        Bootstrap bootstrap = bootstrap(client.eventLoop(), context.transport().clientType())
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true);
        SocketAddress source = marked ? sourceFor(address) : null;
        ChannelFuture dialing = source == null ? bootstrap.connect(address) : bootstrap.connect(address, source);
        dialing.addListener((ChannelFuture future) -> {
            if (future.isSuccess()) {
                join(future.channel(), named, marked);
            } else {
                retry(named, left, whenNone, marked);
            }
        });
    }

    private void retry(InetSocketAddress failed, Iterator<InetSocketAddress> left, RefusalCause whenNone,
            boolean marked) {
        context.destinations().failed(failed);
        context.counters().increment("dial_failed");
        dial(left, whenNone, marked);
    }

    /** The gateway's own address, so that a peer knows the connection for a gateway's. */
    private @Nullable SocketAddress sourceFor(InetSocketAddress target) {
        InetAddress own = context.sourceAddress();
        boolean usable = own != null && own.getClass() == target.getAddress().getClass();
        return usable ? new InetSocketAddress(own, 0) : null;
    }

    private Bootstrap bootstrap(EventLoopGroup loop, Class<? extends Channel> type) {
        return new Bootstrap().group(loop).channel(type)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) context.limits().connectTimeout().toMillis())
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new NoHandler());
    }

    private void join(Channel upstream, @Nullable InetSocketAddress counted, boolean marked) {
        ByteBuf first = received;
        if (first == null || !client.isActive()) {
            upstream.close();
            return;
        }
        received = null;
        if (counted != null) {
            context.destinations().opened(counted);
            upstream.closeFuture().addListener(closed -> context.destinations().closed(counted));
        }
        upstream.pipeline().addLast(new RelayHandler(client, context.bytesOut(), context.relayErrors()));
        if (marked) {
            upstream.write(HopMarker.toBuffer(), upstream.voidPromise());
        }
        context.bytesIn().add(first.readableBytes());
        upstream.writeAndFlush(first, upstream.voidPromise());
        ChannelPipeline pipeline = client.pipeline();
        pipeline.remove(WhileDialing.class);
        RelayHandler inward = new RelayHandler(upstream, context.bytesIn(), context.relayErrors());
        pipeline.addLast(
                new IdleStateHandler(0, 0, context.limits().idleTimeout().toMillis(), TimeUnit.MILLISECONDS), inward);
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
                received.release();
                received = null;
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
