package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.socket.Sockets;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The event loops of the gateway: those of its sockets, and one in-process for its own gRPC servers. */
public final class Transport implements AutoCloseable {
    private static final int MAX_LOOPS = 8;

    private final Sockets sockets;
    private final EventLoopGroup loops;
    private final EventLoopGroup local;

    private Transport(Sockets sockets, EventLoopGroup loops, EventLoopGroup local) {
        this.sockets = sockets;
        this.loops = loops;
        this.local = local;
    }

    /** Starts the loops: one for each processor, at most 8, and one for in-process channels. */
    public static Transport open() {
        return open(Sockets.ofSystem());
    }

    /** The same with sockets of this kind. */
    public static Transport open(Sockets sockets) {
        int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_LOOPS);
        return new Transport(sockets,
                new MultiThreadIoEventLoopGroup(
                        loops, new DefaultThreadFactory("gateway-relay", true), sockets.ioHandlers()),
                new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("gateway-local", true), LocalIoHandler.newFactory()));
    }

    /** What the sockets are. */
    Sockets sockets() {
        return sockets;
    }

    /** The loops of the sockets. */
    EventLoopGroup loops() {
        return loops;
    }

    /** The loop of in-process channels; the gateway's gRPC servers run on it. */
    public EventLoopGroup local() {
        return local;
    }

    /** Stops the loops; waits up to 3 s. */
    @Override
    public void close() {
        var first = loops.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        var second = local.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        first.awaitUninterruptibly(Duration.ofSeconds(3).toMillis());
        second.awaitUninterruptibly(Duration.ofSeconds(3).toMillis());
    }
}
