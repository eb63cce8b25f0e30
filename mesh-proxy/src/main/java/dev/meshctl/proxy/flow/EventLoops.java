package dev.meshctl.proxy.flow;

import dev.meshctl.runtime.socket.SilentPeers;
import dev.meshctl.runtime.socket.Sockets;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The threads of the data path: one acceptor, and workers that each own their connections for life. */
public final class EventLoops implements AutoCloseable {
    private final Sockets sockets = Sockets.ofSystem();
    private final EventLoopGroup acceptor;
    private final EventLoopGroup workers;
    private final Set<InetSocketAddress> own = ConcurrentHashMap.newKeySet();
    private final Connections connections = new Connections();
    private final SilentPeers silentPeers = new SilentPeers();
    private final TrustedPeers trustedPeers;
    private final BufferMemory memory;

    private EventLoops(int threads, BufferMemory memory, Duration lastWords) {
        this.memory = memory;
        this.trustedPeers = new TrustedPeers(lastWords);
        this.acceptor = group(1, "proxy-accept");
        this.workers = group(threads, "proxy-io");
    }

    /** As many workers as processors; epoll where the system has it. */
    public static EventLoops start() {
        return start(Runtime.getRuntime().availableProcessors());
    }

    /** With this many workers, at least one. */
    public static EventLoops start(int workers) {
        return start(workers, BufferMemory.ofProcess());
    }

    /** The same with another idea of how much memory there is. */
    public static EventLoops start(int workers, BufferMemory memory) {
        return start(workers, memory, TrustedPeers.LAST_WORDS);
    }

    /**
     * The same with another time for what is under way with a mesh that is not trusted any more.
     *
     * @param lastWords until such a connection is cut
     */
    public static EventLoops start(int workers, BufferMemory memory, Duration lastWords) {
        return new EventLoops(Math.max(1, workers), memory, lastWords);
    }

    private EventLoopGroup group(int threads, String name) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(name, true), sockets.ioHandlers());
    }

    /** Notes an address that this process listens on: no request may be sent there as to a stranger. */
    public void listening(InetSocketAddress address) {
        own.add(address);
    }

    /** Forgets an address. */
    public void closed(InetSocketAddress address) {
        own.remove(address);
    }

    /** True if a listener of this process answers there. */
    public boolean isOwn(InetSocketAddress address) {
        return own.contains(address);
    }

    /** The connections on these threads. */
    public Connections connections() {
        return connections;
    }

    /** The connections on these threads whose peer has shown who it is. */
    public TrustedPeers trustedPeers() {
        return trustedPeers;
    }

    /** Closes a connection on one of these threads when its peer is found to be gone. */
    public void watch(Channel connection) {
        silentPeers.watch(connection, () -> CloseCause.SILENT.of(connection));
    }

    /** Options of a connection by which a peer that is gone is found while nothing is sent to it. */
    public void probeWhenIdle(Bootstrap bootstrap) {
        sockets.probeWhenIdle(bootstrap);
    }

    /** What the buffers of these threads take. */
    public BufferMemory memory() {
        return memory;
    }

    public EventLoopGroup acceptor() {
        return acceptor;
    }

    public EventLoopGroup workers() {
        return workers;
    }

    public Class<? extends ServerChannel> serverChannel() {
        return sockets.serverChannel();
    }

    public Class<? extends SocketChannel> socketChannel() {
        return sockets.socketChannel();
    }

    public Class<? extends DatagramChannel> datagramChannel() {
        return sockets.datagramChannel();
    }

    /** Ends the threads; waits up to five seconds. */
    @Override
    public void close() {
        // The quiet time lets connections that were closed just before give their buffers back.
        acceptor.shutdownGracefully(50, 2000, TimeUnit.MILLISECONDS);
        workers.shutdownGracefully(100, 2000, TimeUnit.MILLISECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }
}
