package dev.meshctl.trust.client;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What gRPC over Unix domain sockets needs on either side. The JDK's own sockets do on every system. */
public final class UnixSockets {
    /** Held here because the log manager holds loggers weakly. */
    private static final List<Logger> BOOTSTRAPS = List.of(
            Logger.getLogger("io.netty.bootstrap.Bootstrap"), Logger.getLogger("io.netty.bootstrap.ServerBootstrap"));

    private UnixSockets() {}

    /** One daemon thread that serves sockets of this kind; to be shut down by the caller. */
    public static EventLoopGroup loop(String name) {
        // gRPC sets SO_KEEPALIVE on all sockets, and Netty warns of it on each Unix socket.
        BOOTSTRAPS.forEach(logger -> logger.setLevel(Level.SEVERE));
        return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    }
}
