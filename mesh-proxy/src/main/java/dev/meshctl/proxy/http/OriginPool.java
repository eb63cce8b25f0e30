package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Dialer.Dialed;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connections to one origin, newest idle one first. Wishes that find no connection wait for a dial of their own,
 * or, at the bound on connections, for one to become free; their number and their time are bounded.
 */
final class OriginPool {
    private final EventLoop loop;
    private final Dialer dialer;
    private final Limits limits;
    private final boolean http2;
    private final Runnable onEmpty;
    private final List<PooledConnection> connections = new ArrayList<>();
    private final Deque<Wish> waiting = new ArrayDeque<>();
    private int streamsPerConnection;
    private int dialing;
    private boolean closed;

    OriginPool(EventLoop loop, Dialer dialer, Limits limits, boolean http2, Runnable onEmpty) {
        this.loop = loop;
        this.dialer = dialer;
        this.limits = limits;
        this.http2 = http2;
        this.onEmpty = onEmpty;
        this.streamsPerConnection = http2 ? limits.maxConcurrentStreams() : 1;
    }

    private static final class Wish {
        private final Origin origin;
        private final HttpStream.Listener listener;
        private @Nullable Future<?> timer;

        Wish(Origin origin, HttpStream.Listener listener) {
            this.origin = origin;
            this.listener = listener;
        }

        void settled() {
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }

    Runnable open(Origin origin, HttpStream.Listener listener) {
        PooledConnection free = free(origin);
        if (free != null) {
            free.start(listener);
            return () -> {};
        }
        if (waiting.size() >= origin.maxPending()) {
            listener.failed(FailureCause.OVERLOADED, origin.address() + ": " + waiting.size() + " requests wait already");
            return () -> {};
        }
        Wish wish = new Wish(origin, listener);
        waiting.add(wish);
        long patience = origin.connectTimeout().toNanos() + limits.handshakeTimeout().toNanos();
        wish.timer = loop.schedule(() -> expire(wish), patience, TimeUnit.NANOSECONDS);
        dialIfNeeded(origin);
        return () -> {
            wish.settled();
            waiting.remove(wish);
        };
    }

    // The identities of an endpoint may have changed since the connection was made.
    private @Nullable PooledConnection free(Origin origin) {
        for (int i = connections.size() - 1; i >= 0; i--) {
            PooledConnection connection = connections.get(i);
            if (origin.tls() != null && !origin.tls().identities().contains(connection.peer())) {
                connection.retire();
            } else if (connection.hasRoom()) {
                return connection;
            }
        }
        return null;
    }

    private void expire(Wish wish) {
        if (waiting.remove(wish)) {
            wish.listener.failed(dialing > 0 ? FailureCause.CONNECT_TIMEOUT : FailureCause.OVERLOADED,
                    wish.origin.address() + ": no connection became free in time");
        }
    }

    private void dialIfNeeded(Origin origin) {
        int wanted = (waiting.size() + streamsPerConnection - 1) / streamsPerConnection;
        long coming = dialing + connections.stream().filter(PooledConnection::settling).count();
        if (coming >= wanted || closed) {
            return;
        }
        if (!origin.gate().tryConnection()) {
            if (dialing > 0 || !connections.isEmpty()) {
                return;
            }
            origin.gate().takeConnection(); // others hold them all; with none at all these wishes would wait in vain
        }
        dialing++;
        dialer.dial(loop, origin, false, dialed -> onDialed(origin, dialed));
    }

    private void onDialed(Origin origin, Dialed dialed) {
        dialing--;
        switch (dialed) {
            case Dialed.Connected connected -> onConnected(origin, connected);
            case Dialed.Failed failed -> {
                origin.gate().connectionClosed();
                if (http2) {
                    failAll(failed.cause(), failed.detail());
                } else {
                    failOldest(failed.cause(), failed.detail());
                }
                releaseIfEmpty();
            }
        }
    }

    private void onConnected(Origin origin, Dialed.Connected connected) {
        if (closed) {
            origin.gate().connectionClosed();
            connected.channel().close();
            return;
        }
        connected.channel().closeFuture().addListener(f -> origin.gate().connectionClosed());
        PooledConnection connection = http2
                ? Http2Connection.install(connected.channel(), connected.peer(), limits, this)
                : Http1Connection.install(connected.channel(), connected.peer(), limits, this);
        connections.add(connection);
        roomIn(connection);
    }

    /** Notes how many exchanges the origin bears on one connection, so that enough connections are made. */
    void learnt(int streams) {
        streamsPerConnection = Math.max(1, streams);
    }

    /** Gives the room to those who wait. */
    void roomIn(PooledConnection connection) {
        while (!waiting.isEmpty() && connection.hasRoom()) {
            Wish wish = waiting.poll();
            wish.settled();
            if (wish.origin.tls() != null && !wish.origin.tls().identities().contains(connection.peer())) {
                wish.listener.failed(FailureCause.IDENTITY_MISMATCH, connection.peer() + " is no longer of the service");
            } else {
                connection.start(wish.listener);
            }
        }
        if (!waiting.isEmpty()) {
            dialIfNeeded(waiting.getFirst().origin);
        }
    }

    /** The connection takes nothing more: those who waited for room in it need another one. */
    void retired() {
        if (!waiting.isEmpty()) {
            dialIfNeeded(waiting.getFirst().origin);
        }
    }

    void gone(PooledConnection connection) {
        connections.remove(connection);
        if (!waiting.isEmpty()) {
            dialIfNeeded(waiting.getFirst().origin);
        }
        releaseIfEmpty();
    }

    private void releaseIfEmpty() {
        if (connections.isEmpty() && dialing == 0 && waiting.isEmpty()) {
            onEmpty.run();
        }
    }

    private void failOldest(FailureCause cause, String detail) {
        Wish wish = waiting.poll();
        if (wish != null) {
            wish.settled();
            wish.listener.failed(cause, detail);
        }
    }

    private void failAll(FailureCause cause, String detail) {
        List<Wish> all = new ArrayList<>(waiting);
        waiting.clear();
        for (Wish wish : all) {
            wish.settled();
            wish.listener.failed(cause, detail);
        }
    }

    void close() {
        closed = true;
        failAll(FailureCause.DRAINING, "the listener is closed");
        new ArrayList<>(connections).forEach(PooledConnection::stop);
    }
}
