package dev.meshctl.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.proxy.flow.DrainEvent;
import dev.meshctl.proxy.flow.Limits;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class Http2ServerConnectionTest {
    private static EmbeddedChannel connection(Duration keepAlive) {
        Limits usual = Limits.DEFAULT;
        return new EmbeddedChannel(new Http2ServerConnection(new Limits(usual.maxHeaderBytes(), usual.maxConcurrentStreams(),
                usual.streamWindowBytes(), usual.retryBufferBytes(), usual.lowWaterBytes(), usual.highWaterBytes(),
                usual.maxConnections(), usual.maxAppConnections(), usual.detectTimeout(), usual.handshakeTimeout(),
                usual.headerTimeout(), keepAlive, usual.poolIdleTimeout(), usual.streamIdleTimeout(), usual.appConnectTimeout())));
    }

    private static void saysGoodbye(EmbeddedChannel channel) {
        Http2GoAwayFrame goAway = channel.readOutbound();
        assertThat(goAway).isNotNull();
        assertThat(goAway.errorCode()).isEqualTo(Http2Error.NO_ERROR.code());
        goAway.release();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void an_idle_connection_is_closed_after_a_goaway() throws Exception {
        EmbeddedChannel channel = connection(Duration.ofMillis(1));

        Eventually.await("closed", () -> {
            channel.runScheduledPendingTasks();
            return !channel.isOpen();
        });

        saysGoodbye(channel);
    }

    @Test
    void so_is_one_without_streams_that_drains() {
        EmbeddedChannel channel = connection(Duration.ofHours(1));
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();

        channel.pipeline().fireUserEventTriggered(DrainEvent.INSTANCE);

        saysGoodbye(channel);
    }
}
