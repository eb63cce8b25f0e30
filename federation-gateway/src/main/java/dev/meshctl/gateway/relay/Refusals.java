package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.daemon.Counters;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** The one place where a connection is turned away: counted, logged, told by an alert, closed. */
final class Refusals {
    private static final Logger LOG = System.getLogger(Refusals.class.getName());

    private final Counters counters;

    Refusals(Counters counters) {
        this.counters = counters;
    }

    void refuse(Channel client, RefusalCause cause, String detail) {
        counters.increment(cause.label());
        LOG.log(Level.DEBUG, () -> "refused " + client.remoteAddress() + ": " + cause.label() + ": " + detail);
        if (cause.alert() == Alert.NONE) {
            client.close();
        } else {
            client.writeAndFlush(cause.alert().toRecord()).addListener(ChannelFutureListener.CLOSE);
        }
    }
}
