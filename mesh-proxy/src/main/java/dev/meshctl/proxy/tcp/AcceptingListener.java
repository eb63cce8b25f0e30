package dev.meshctl.proxy.tcp;

import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A bound port with bounds on its connections and on the memory of all, which can be drained. */
public final class AcceptingListener implements Listener {
    private final EventLoops loops;
    private final Runnable onClosed;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Channel server;
    private final InetSocketAddress address;

    private AcceptingListener(EventLoops loops, Channel server, Runnable onClosed) {
        this.loops = loops;
        this.server = server;
        this.onClosed = onClosed;
        this.address = (InetSocketAddress) server.localAddress();
        loops.listening(address);
    }

    /** What to do with connections. */
    public interface Accept {
        /** What the connections are counted as. */
        Connections.Kind kind();

        /** Prepares the pipeline of a new channel. Auto-read is off. */
        void accept(Channel channel);

        /** A connection is closed at once, because there are too many or memory is short. */
        void overloaded();

        /** The listener is closed: connections to upstreams are not needed any more. */
        void closed();
    }

    /**
     * Binds. The stage fails with an {@code IOException} that names the address.
     *
     * @param halfClosure clients may end their output and go on reading
     */
    public static CompletionStage<Listener> open(
            EventLoops loops, InetSocketAddress bind, Limits limits, boolean halfClosure, Accept accept) {
        CompletableFuture<Listener> opened = new CompletableFuture<>();
        CompletableFuture<AcceptingListener> self = new CompletableFuture<>();
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.acceptor(), loops.workers())
                .channel(loops.serverChannel())
                .option(ChannelOption.SO_BACKLOG, 1024)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, halfClosure)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(limits.lowWaterBytes(), limits.highWaterBytes()))
                .handler(new FailuresToAccept(loops.connections(), accept.kind()))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        self.join().admit(channel, limits, accept);
                    }
                });
        bootstrap.register().addListener((ChannelFuture registered) -> {
            if (!registered.isSuccess()) {
                opened.completeExceptionally(failure(bind, registered.cause()));
                return;
            }
            registered.channel().bind(bind).addListener((ChannelFuture bound) -> {
                if (!bound.isSuccess()) {
                    registered.channel().close();
                    opened.completeExceptionally(failure(bind, bound.cause()));
                    return;
                }
                AcceptingListener listener = new AcceptingListener(loops, bound.channel(), accept::closed);
                self.complete(listener);
                opened.complete(listener);
            });
        });
        return opened;
    }

    private static IOException failure(InetSocketAddress bind, Throwable cause) {
        return new IOException("cannot listen on " + bind + ": " + cause.getMessage(), cause);
    }

    private void admit(Channel channel, Limits limits, Accept accept) {
        loops.connections().count(accept.kind(), channel);
        if (connections.size() >= limits.maxConnections() || !server.isOpen()
                || loops.memory().refuses(BufferMemory.Work.CONNECTION)) {
            accept.overloaded();
            CloseCause.OVERLOADED.of(channel);
            channel.close();
            return;
        }
        connections.add(channel);
        accept.accept(channel);
    }

    @Override
    public InetSocketAddress address() {
        return address;
    }

    /** The bound port. */
    Channel server() {
        return server;
    }

    /** Connections open now. */
    public int connections() {
        return connections.size();
    }

    @Override
    public CompletionStage<Integer> drain(Duration deadline) {
        CompletableFuture<Integer> drained = new CompletableFuture<>();
        server.close().addListener(closed -> {
            connections.forEach(c -> c.eventLoop().execute(
                    () -> c.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE)));
            connections.newCloseFuture().addListener(f -> drained.complete(0));
        });
        loops.workers().schedule(() -> drained.complete(connections.size()), deadline.toNanos(), TimeUnit.NANOSECONDS);
        return drained.thenApply(cut -> {
            close();
            return cut;
        });
    }

    @Override
    public void close() {
        loops.closed(address);
        server.close();
        connections.forEach(CloseCause.STOPPED::of);
        connections.close();
        onClosed.run();
    }

    /** Counts; what follows in the pipeline pauses accepting for a second. */
    private static final class FailuresToAccept extends ChannelInboundHandlerAdapter {
        private final Connections connections;
        private final Connections.Kind kind;

        FailuresToAccept(Connections connections, Connections.Kind kind) {
            this.connections = connections;
            this.kind = kind;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            connections.notAccepted(kind);
            ctx.fireExceptionCaught(cause);
        }
    }
}
