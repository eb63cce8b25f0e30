package dev.meshctl.runtime.socket;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/** How an event loop waits on sockets, and the channels that go with it. */
public enum Sockets {
    /** Linux: fewer system calls, and the state of a connection can be looked at ({@link SilentPeers}). */
    EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class, EpollDatagramChannel.class),
    /** Everywhere. */
    NIO(NioServerSocketChannel.class, NioSocketChannel.class, NioDatagramChannel.class);

    private static final int KEEP_ALIVE_IDLE_SECONDS = 10;
    private static final int KEEP_ALIVE_INTERVAL_SECONDS = 3;
    // The kernel's own end of an idle connection comes after that of SilentPeers, which names the cause.
    private static final int KEEP_ALIVE_PROBES = SilentPeers.MIN_PROBES;

    private final Class<? extends ServerChannel> serverChannel;
    private final Class<? extends SocketChannel> socketChannel;
    private final Class<? extends DatagramChannel> datagramChannel;

    Sockets(Class<? extends ServerChannel> serverChannel, Class<? extends SocketChannel> socketChannel,
            Class<? extends DatagramChannel> datagramChannel) {
        this.serverChannel = serverChannel;
        this.socketChannel = socketChannel;
        this.datagramChannel = datagramChannel;
    }

    /** Epoll where the system has it. */
    public static Sockets ofSystem() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    public IoHandlerFactory ioHandlers() {
        return this == EPOLL ? SteadyEpoll.newFactory() : NioIoHandler.newFactory();
    }

    public Class<? extends ServerChannel> serverChannel() {
        return serverChannel;
    }

    public Class<? extends SocketChannel> socketChannel() {
        return socketChannel;
    }

    public Class<? extends DatagramChannel> datagramChannel() {
        return datagramChannel;
    }

    /** Options of a connection to be made by which a peer that is gone is found while nothing is sent to it. */
    public void probeWhenIdle(Bootstrap bootstrap) {
        keepAlive(new Options() {
            @Override
            public <T> void set(ChannelOption<T> option, T value) {
                bootstrap.option(option, value);
            }
        });
    }

    /** The same for connections that are accepted. */
    public void probeWhenIdle(ServerBootstrap bootstrap) {
        keepAlive(new Options() {
            @Override
            public <T> void set(ChannelOption<T> option, T value) {
                bootstrap.childOption(option, value);
            }
        });
    }

    private interface Options {
        <T> void set(ChannelOption<T> option, T value);
    }

    private void keepAlive(Options options) {
        if (this == EPOLL) {
            options.set(ChannelOption.SO_KEEPALIVE, true);
            options.set(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_SECONDS);
            options.set(EpollChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_SECONDS);
            options.set(EpollChannelOption.TCP_KEEPCNT, KEEP_ALIVE_PROBES);
        }
    }
}
