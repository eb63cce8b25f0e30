package dev.meshctl.runtime.socket;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Finds peers that have gone without a word, as those of a node that lost its power or its network: what is sent to them is
 * sent again and again, and never acknowledged. The kernel gives such a connection up after a quarter of an hour, and all
 * that waits for an answer on it waits as long; here it is closed after {@link #PATIENCE}, and who waits may ask another.
 *
 * <p>A peer that reads slowly is left alone: it acknowledges, if only the probes of its closed window (RFC 9293, 3.8.6.1).
 * That is why the option TCP_USER_TIMEOUT does not do, which ends both. One to which nothing is on its way, or whose window
 * is closed, is found by the probes that it leaves unanswered; where nothing is on its way there are some only if {@link
 * Sockets#probeWhenIdle} was asked for them, and they take 20 s.
 *
 * <p>Looks once a second at each connection, on its own event loop; one look is one system call. Without epoll nobody looks.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/tcp.7.html">tcp(7)</a>, TCP_INFO
 */
public final class SilentPeers {
    /** How long a peer may acknowledge nothing of what was sent to it. */
    public static final Duration PATIENCE = Duration.ofSeconds(4);

    /** How often it was sent again by then, at least: a path may be slow. */
    private static final int MIN_RETRANSMITS = 3;
    /** How many probes were sent to it by then, at least; all but the last had time to be answered. */
    static final int MIN_PROBES = 4;

    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final Map<EventLoop, Watch> watches = new ConcurrentHashMap<>();

    /**
     * Watches over a connection until it is closed.
     *
     * @param beforeClose called once, on the event loop of the channel, if it is found silent and about to be closed
     */
    public void watch(Channel channel, Runnable beforeClose) {
        if (channel instanceof EpollSocketChannel socket) {
            watches.computeIfAbsent(channel.eventLoop(), Watch::new).add(socket, beforeClose);
        }
    }

    /** Over the connections of one event loop, and used on it only. */
    private static final class Watch implements Runnable {
        private final EventLoop loop;
        private final Map<EpollSocketChannel, Runnable> channels = new LinkedHashMap<>();
        private final EpollTcpInfo info = new EpollTcpInfo();
        private boolean looking;

        Watch(EventLoop loop) {
            this.loop = loop;
        }

        void add(EpollSocketChannel channel, Runnable beforeClose) {
            if (!loop.inEventLoop()) {
                loop.execute(() -> add(channel, beforeClose));
                return;
            }
            channels.put(channel, beforeClose);
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
            // Closing takes them, and maybe others, out of the map.
            List<EpollSocketChannel> silent = channels.keySet().stream().filter(this::isSilent).toList();
            silent.forEach(this::giveUp);
            lookLater();
        }

        private void giveUp(EpollSocketChannel channel) {
            Runnable beforeClose = channels.get(channel);
            if (beforeClose != null) {
                beforeClose.run();
                channel.close();
            }
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
            boolean unanswered = info.unacked() > 0 && info.retransmits() >= MIN_RETRANSMITS || info.probes() >= MIN_PROBES;
            return unanswered && info.lastAckRecv() >= PATIENCE.toMillis() && info.lastDataRecv() >= PATIENCE.toMillis();
        }
    }
}
