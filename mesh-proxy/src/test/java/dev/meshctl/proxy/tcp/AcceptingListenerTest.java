package dev.meshctl.proxy.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.testing.Await;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AcceptingListenerTest {
    private final EventLoops loops = EventLoops.start(1);
    private final Counting accepted = new Counting();

    @AfterEach
    void stop() {
        loops.close();
    }

    @Test
    void a_connection_that_cannot_be_accepted_is_counted_and_the_port_stays_open() throws Exception {
        AcceptingListener listener = (AcceptingListener) AcceptingListener.open(
                        loops, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Limits.DEFAULT, false, accepted)
                .toCompletableFuture().get(30, TimeUnit.SECONDS);

        // As Netty tells of accept4(2) that fails with EMFILE.
        listener.server().pipeline().fireExceptionCaught(new IOException("accept(..) failed: Too many open files"));
        Await.until("it is counted", () -> loops.connections().notAcceptedCount(Connections.Kind.OUTBOUND) == 1);
        try (Socket client = new Socket(listener.address().getAddress(), listener.address().getPort())) {
            Await.until("the next one is accepted", () -> accepted.count.get() == 1);
        }

        assertThat(loops.connections().notAcceptedCount(Connections.Kind.OUTBOUND)).isEqualTo(1);
        assertThat(loops.connections().notAcceptedCount(Connections.Kind.INBOUND)).isZero();
        listener.close();
    }

    private static final class Counting implements AcceptingListener.Accept {
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public Connections.Kind kind() {
            return Connections.Kind.OUTBOUND;
        }

        @Override
        public void accept(Channel channel) {
            count.incrementAndGet();
        }

        @Override
        public void overloaded() {
            throw new AssertionError("nothing is overloaded");
        }

        @Override
        public void closed() {}
    }
}
