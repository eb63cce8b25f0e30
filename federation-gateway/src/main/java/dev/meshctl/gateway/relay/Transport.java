package dev.meshctl.gateway.relay;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The event loops of the gateway: those of its sockets, and one in-process for its own gRPC servers.
 *
 * <p>The sockets are NIO's, not native epoll's: with Netty 4.2.18 an epoll channel whose input has ended and
 * whose reading is off is taken out of the epoll set (its interest is empty), and every later change of
 * interest fails with ENOENT. A relay needs just that state, for a client that has sent all and waits for
 * a long answer.
 */
public final class Transport implements AutoCloseable {
    private static final int MAX_LOOPS = 8;

    private final EventLoopGroup sockets;
    private final EventLoopGroup local;
    private final Class<? extends ServerChannel> serverType;
    private final Class<? extends Channel> clientType;

    private Transport(EventLoopGroup sockets, EventLoopGroup local, Class<? extends ServerChannel> serverType,
            Class<? extends Channel> clientType) {
        this.sockets = sockets;
        this.local = local;
        this.serverType = serverType;
        this.clientType = clientType;
    }

    /** Starts the loops: one for each processor, at most 8, and one for in-process channels. */
    public static Transport open() {
        int loops = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, MAX_LOOPS);
        return new Transport(
                new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory("gateway-relay", true),
                        NioIoHandler.newFactory()),
                new MultiThreadIoEventLoopGroup(
                        1, new DefaultThreadFactory("gateway-local", true), LocalIoHandler.newFactory()),
                NioServerSocketChannel.class, NioSocketChannel.class);
    }

    EventLoopGroup sockets() {
        return sockets;
    }

    /** The loop of in-process channels; the gateway's gRPC servers run on it. */
    public EventLoopGroup local() {
        return local;
    }

    Class<? extends ServerChannel> serverType() {
        return serverType;
    }

    Class<? extends Channel> clientType() {
        return clientType;
    }

    /** Stops the loops; waits up to 3 s. */
    @Override
    public void close() {
        var first = sockets.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        var second = local.shutdownGracefully(0, 2, TimeUnit.SECONDS);
        first.awaitUninterruptibly(Duration.ofSeconds(3).toMillis());
        second.awaitUninterruptibly(Duration.ofSeconds(3).toMillis());
    }
}
