package dev.meshctl.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.socket.SilentPeers;
import dev.meshctl.runtime.testing.Await;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DialTest {
    private final Counters counters = new Counters();
    private final Transport transport = Transport.open();

    @AfterEach
    void close() {
        transport.close();
    }

    private RelayContext context() {
        RelayLimits limits = new RelayLimits(
                64, Duration.ofSeconds(60), Duration.ofSeconds(30), 4, Duration.ofMinutes(5), Duration.ZERO);
        RouteTable none = RouteTable.empty("east", new TrustDomain("east.mesh"));
        return new RelayContext(transport, limits, new Destinations(InstantSource.system(), new Random(1)), new Names(counters),
                new Refusals(counters), new Relays(() -> none, Duration.ZERO), new SilentPeers(), counters, new LongAdder(),
                new LongAdder(), new LongAdder(), null);
    }

    @Test
    void that_no_socket_can_be_had_is_told_on_the_event_loop_as_everything_is() throws Exception {
        EventLoop loop = transport.loops().next();
        Bootstrap bootstrap = new Bootstrap().group(loop).handler(new ChannelInboundHandlerAdapter())
                .channelFactory(() -> {
                    throw new ChannelException("too many open files");
                });
        InetAddress loopback = InetAddress.getLoopbackAddress();
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();

        loop.execute(() -> new Dial(context(), loop, bootstrap, false,
                List.of(new InetSocketAddress(loopback, 9), new InetSocketAddress(loopback, 10)), new Dial.Then() {
                    @Override
                    public void connected(Channel channel, InetSocketAddress address) {
                        onLoop.completeExceptionally(new AssertionError("there is no socket"));
                    }

                    @Override
                    public void failed() {
                        onLoop.complete(loop.inEventLoop());
                    }
                }).start());

        assertThat(onLoop.get(Await.SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(counters.count("dial_failed")).isEqualTo(2);
    }
}
