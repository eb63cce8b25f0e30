package dev.meshctl.proxy.flow;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * The open connections whose other end has shown an identity. A handshake asks once whom to trust, and a connection may live
 * for days: when a trust domain is not trusted any more, as after a link was removed, its connections are ended here. They
 * take no new requests from then on, and those under way have some time to end.
 *
 * <p>A certificate that expires, or an authority that is renewed, ends no connection. Safe for use by several threads.
 */
public final class TrustedPeers {
    /** What requests under way have until their connection is cut, unless said otherwise. */
    static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final Map<Channel, Peer> peers = new ConcurrentHashMap<>();
    private final Duration lastWords;

    private record Peer(TrustDomain trustDomain, Predicate<TrustDomain> trusted) {
        boolean isTrusted() {
            return trusted.test(trustDomain);
        }
    }

    /** @param lastWords what requests under way have until their connection is cut */
    TrustedPeers(Duration lastWords) {
        this.lastWords = lastWords;
    }

    /**
     * Notes a connection until it is closed.
     *
     * @param trusted asked now, for it may have changed since the handshake, and at each {@link #recheck()}
     */
    public void add(Channel channel, SpiffeId identity, Predicate<TrustDomain> trusted) {
        Peer peer = new Peer(identity.trustDomain(), trusted);
        peers.put(channel, peer);
        channel.closeFuture().addListener(closed -> peers.remove(channel));
        if (!peer.isTrusted()) {
            end(channel);
        }
    }

    /** Ends the connections whose trust domain is not trusted any more. To be called after each such change. */
    public void recheck() {
        peers.forEach((channel, peer) -> {
            if (!peer.isTrusted()) {
                end(channel);
            }
        });
    }

    private void end(Channel channel) {
        channel.eventLoop().execute(() -> {
            CloseCause.DISTRUSTED.of(channel);
            channel.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE);
            Future<?> cut = channel.eventLoop().schedule(
                    () -> channel.close(), lastWords.toNanos(), TimeUnit.NANOSECONDS);
            channel.closeFuture().addListener(closed -> cut.cancel(false));
        });
    }
}
