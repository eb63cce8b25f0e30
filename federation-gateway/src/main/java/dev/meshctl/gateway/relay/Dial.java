package dev.meshctl.gateway.relay;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks for an address that accepts a connection. They are tried in order, and one that fails is followed by the next at
 * once. One that does not answer, as a machine without power does not, has a head start only: then the next is tried
 * besides, and the first to accept is taken. Lives on one event loop.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8305#section-5">RFC 8305, 5</a>
 */
final class Dial {
    /** For how long an address is waited for alone; the RFC's Connection Attempt Delay. */
    static final Duration HEAD_START = Duration.ofMillis(250);

    private final RelayContext context;
    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final boolean fromGateway;
    private final Iterator<InetSocketAddress> left;
    private final Then then;
    private final Set<Attempt> underWay = new LinkedHashSet<>();
    private boolean over;

    /** What follows; one of the two is called, once, unless the dial was stopped. */
    interface Then {
        /** @param address as it was given, so maybe a name */
        void connected(Channel channel, InetSocketAddress address);

        void failed();
    }

    /**
     * @param addresses in the order to try them; those beyond the bound on attempts are left out
     * @param fromGateway whether to dial from the gateway's own address, so that a peer knows the connection for a gateway's
     */
    Dial(RelayContext context, EventLoop loop, Bootstrap bootstrap, boolean fromGateway, List<InetSocketAddress> addresses,
            Then then) {
        this.context = context;
        this.loop = loop;
        this.bootstrap = bootstrap;
        this.fromGateway = fromGateway;
        this.left = addresses.stream().limit(context.limits().maxAttempts()).iterator();
        this.then = then;
    }

    void start() {
        tryNext();
        endIfNoneIsLeft();
    }

    /** Gives up what is under way; nothing is called any more. */
    void stop() {
        over = true;
        underWay.forEach(Attempt::giveUp);
        underWay.clear();
    }

    private void tryNext() {
        if (!over && left.hasNext()) {
            Attempt attempt = new Attempt(left.next());
            underWay.add(attempt);
            attempt.start();
        }
    }

    private void endIfNoneIsLeft() {
        if (!over && underWay.isEmpty() && !left.hasNext()) {
            over = true;
            then.failed();
        }
    }

    private void connected(Attempt winner, Channel channel) {
        if (over) {
            channel.close();
            return;
        }
        underWay.remove(winner);
        winner.headStart.cancel(false);
        underWay.stream().filter(attempt -> attempt.followed).forEach(attempt -> {
            context.counters().increment("dial_outrun");
            context.destinations().failed(attempt.address);
        });
        stop();
        then.connected(channel, winner.address);
    }

    private void failed(Attempt attempt) {
        if (!over && underWay.remove(attempt)) {
            context.destinations().failed(attempt.address);
            context.counters().increment("dial_failed");
            attempt.follow();
            endIfNoneIsLeft();
        }
    }

    private final class Attempt {
        private final InetSocketAddress address;
        private final ScheduledFuture<?> headStart;
        private @Nullable ChannelFuture dialing;
        /** Whether the next address is tried besides, or after it. */
        private boolean followed;

        Attempt(InetSocketAddress address) {
            this.address = address;
            this.headStart = loop.schedule(this::follow, HEAD_START.toMillis(), TimeUnit.MILLISECONDS);
        }

        void start() {
            context.names().resolve(address, loop).whenComplete((resolved, failure) -> {
                if (failure != null) {
                    failed(this);
                } else if (!over) {
                    connect(resolved);
                }
            });
        }

        private void connect(InetSocketAddress resolved) {
            InetAddress source = fromGateway ? sourceFor(resolved) : null;
            ChannelFuture connecting = source == null
                    ? bootstrap.connect(resolved) : bootstrap.connect(resolved, new InetSocketAddress(source, 0));
            dialing = connecting;
            connecting.addListener(done -> {
                if (loop.inEventLoop()) {
                    told(connecting);
                } else {
                    // Where no socket could be had, as without a descriptor, another thread tells.
                    loop.execute(() -> told(connecting));
                }
            });
        }

        private void told(ChannelFuture connecting) {
            if (connecting.isSuccess()) {
                connected(this, connecting.channel());
            } else {
                failed(this);
            }
        }

        private @Nullable InetAddress sourceFor(InetSocketAddress target) {
            InetAddress own = context.sourceAddress();
            return own != null && own.getClass() == target.getAddress().getClass() ? own : null;
        }

        void follow() {
            if (!followed) {
                followed = true;
                headStart.cancel(false);
                tryNext();
            }
        }

        void giveUp() {
            headStart.cancel(false);
            if (dialing != null && dialing.channel().isOpen()) {
                dialing.channel().close();
            }
        }
    }
}
