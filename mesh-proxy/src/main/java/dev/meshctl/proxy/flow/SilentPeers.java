package dev.meshctl.proxy.flow;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds peers that have gone without a word, as those of a node that lost its power or its network: what is sent to them is
 * sent again and again, and never acknowledged. The kernel gives such a connection up after a quarter of an hour, and all
 * that waits for an answer on it waits as long; here it is closed after {@link #PATIENCE}, and who waits may ask another.
 *
 * <p>A peer that reads slowly is left alone: it acknowledges, if only the probes of its closed window (RFC 9293, 3.8.6.1).
 * That is why the option TCP_USER_TIMEOUT does not do, which ends both. One to which nothing is on its way is found by
 * keep-alive probes.
 *
 * <p>Looks once a second at each connection, on its own event loop; one look is one system call. Without epoll nobody looks.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>, TCP_INFO
 */
final class SilentPeers {
    /** How long a peer may acknowledge nothing of what was sent to it. */
    static final Duration PATIENCE = Duration.ofSeconds(4);

    /** How often it was sent again by then, at least: a path may be slow. */
    private static final int MIN_RETRANSMITS = 3;
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Map<EventLoop, Watch> watches = new ConcurrentHashMap<>();

    /** Watches over a connection until it is closed. */
    void watch(Channel channel) {
        if (channel instanceof EpollSocketChannel socket) {
            watches.computeIfAbsent(channel.eventLoop(), Watch::new).add(socket);
        }
    }

    /** Over the connections of one event loop, and used on it only. */
    private static final class Watch implements Runnable {
        private final EventLoop loop;
        private final Set<EpollSocketChannel> channels = new LinkedHashSet<>();
        private final EpollTcpInfo info = new EpollTcpInfo();
        private boolean looking;

        Watch(EventLoop loop) {
            this.loop = loop;
        }

        void add(EpollSocketChannel channel) {
            if (!loop.inEventLoop()) {
                loop.execute(() -> add(channel));
                return;
            }
            channels.add(channel);
            channel.closeFuture().addListener(closed -> channels.remove(channel));
            lookLater();
        }

        private void lookLater() {
            if (!looking && !channels.isEmpty()) {
                looking = true;
                loop.schedule(this, BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        @Override
        public void run() {
            looking = false;
            // Closing takes them out of the set.
            channels.stream().filter(this::isSilent).toList().forEach(channel -> {
                CloseCause.SILENT.of(channel);
                channel.close();
            });
            lookLater();
        }

        private boolean isSilent(EpollSocketChannel channel) {
            if (!channel.isActive()) {
                return false;
            }
            try {
                channel.tcpInfo(info);
            } catch (RuntimeException e) {
                return false; // It has ended meanwhile.
            }
            return info.unacked() > 0 && info.retransmits() >= MIN_RETRANSMITS
                    && info.lastAckRecv() >= PATIENCE.toMillis() && info.lastDataRecv() >= PATIENCE.toMillis();
        }
    }
}
