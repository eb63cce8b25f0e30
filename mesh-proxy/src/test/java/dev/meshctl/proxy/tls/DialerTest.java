package dev.meshctl.proxy.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import io.netty.channel.ChannelException;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DialerTest {
    private final EventLoops loops = EventLoops.start(1);

    @AfterEach
    void close() {
        loops.close();
    }

    @Test
    void that_no_socket_can_be_had_is_told_on_the_event_loop_as_everything_is() throws Exception {
        Dialer dialer = new Dialer(loops, Limits.DEFAULT, () -> {
            throw new ChannelException("too many open files");
        });
        Origin origin = new Origin(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9), null, false, ConnectionGate.OPEN,
                1, Duration.ofSeconds(5), FailureCause.CONNECT_FAILED);
        EventLoop loop = loops.workers().next() instanceof EventLoop one ? one : null;
        assertThat(loop).isNotNull();
        CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
        CompletableFuture<Dialer.Dialed> told = new CompletableFuture<>();

        loop.execute(() -> dialer.dial(loop, origin, false, dialed -> {
            told.complete(dialed);
            onLoop.complete(loop.inEventLoop());
        }));

        assertThat(told.get(30, TimeUnit.SECONDS)).isInstanceOfSatisfying(Dialer.Dialed.Failed.class, failed -> {
            assertThat(failed.cause()).isEqualTo(FailureCause.CONNECT_FAILED);
            assertThat(failed.detail()).contains("too many open files");
        });
        assertThat(onLoop.get(30, TimeUnit.SECONDS)).isTrue();
    }
}
