package dev.meshctl.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.tcp.Relay;
import dev.meshctl.proxy.tls.Dialer;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of an exchange when a buffer cannot be had: it ends at once, and is not blamed on anybody else. */
class OutOfMemoryTest {
    private static final String REQUEST = "GET / HTTP/1.1\r\nhost: payments\r\n\r\n";

    private final EventLoops loops = EventLoops.start(1);
    private final List<FlowRecord> flows = new ArrayList<>();
    private final Allocator allocator = new Allocator();

    @AfterEach
    void close() {
        loops.close();
    }

    private static Error lack() {
        return new OutOfMemoryError("Cannot reserve 65536 bytes of direct buffer memory");
    }

    /** Has memory until the test says otherwise. */
    private static final class Allocator extends AbstractByteBufAllocator {
        private boolean empty;

        Allocator() {
            super(true);
        }

        @Override
        protected ByteBuf newHeapBuffer(int initial, int max) {
            return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initial, max);
        }

        @Override
        protected ByteBuf newDirectBuffer(int initial, int max) {
            if (empty) {
                throw lack();
            }
            return UnpooledByteBufAllocator.DEFAULT.directBuffer(initial, max);
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    /** Decides each request so; null: not yet. */
    private EmbeddedChannel client(@Nullable HttpPlan plan) {
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.config().setAutoRead(false);
        channel.config().setAllocator(allocator);
        loops.connections().count(Connections.Kind.OUTBOUND, channel);
        HttpPlanner planner = new HttpPlanner() {
            @Override
            public FlowBuilder newFlow() {
                return new FlowBuilder(Direction.OUTBOUND, flows::add);
            }

            @Override
            public void plan(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then) {
                if (plan != null) {
                    then.accept(plan);
                }
            }

            @Override
            public boolean draining() {
                return false;
            }
        };
        HttpPools pools = new HttpPools(new Dialer(loops, Limits.DEFAULT), Limits.DEFAULT);
        new HttpServer(planner, pools, Limits.DEFAULT, loops.memory()).installHttp1(channel);
        return channel;
    }

    private static void request(EmbeddedChannel channel) {
        channel.writeInbound(Unpooled.copiedBuffer(REQUEST, StandardCharsets.US_ASCII));
    }

    private long closed(CloseCause cause) {
        return loops.connections().closed(Connections.Kind.OUTBOUND, cause);
    }

    @Test
    void an_answer_that_finds_no_buffer_is_no_answer_and_its_connection_is_closed() {
        EmbeddedChannel channel = client(new HttpPlan.Answer(200, new DefaultHttpHeaders(), "hello"));

        allocator.empty = true;
        request(channel);

        assertThat(channel.isOpen()).isFalse();
        assertThat(channel.outboundMessages()).isEmpty();
        assertThat(flows).singleElement().extracting(FlowRecord::failure).isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(closed(CloseCause.OUT_OF_MEMORY)).isEqualTo(1);
    }

    @Test
    void a_tunnel_that_finds_no_buffer_is_not_opened() {
        List<Object> taken = new ArrayList<>();
        EmbeddedChannel channel = client(new HttpPlan.Tunnel(taken::add));

        allocator.empty = true;
        request(channel);

        assertThat(channel.isOpen()).isFalse();
        assertThat(taken).isEmpty();
        assertThat(flows).singleElement().extracting(FlowRecord::failure).isEqualTo(FailureCause.OUT_OF_MEMORY);
    }

    @Test
    void a_read_that_finds_no_buffer_is_not_taken_for_a_client_that_went_away() {
        EmbeddedChannel channel = client(null);
        request(channel);

        channel.pipeline().fireExceptionCaught(lack());
        channel.runPendingTasks();

        assertThat(channel.isOpen()).isFalse();
        assertThat(flows).singleElement().extracting(FlowRecord::failure).isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(closed(CloseCause.OUT_OF_MEMORY)).isEqualTo(1);
    }

    @Test
    void a_reset_by_the_client_still_is_one() {
        EmbeddedChannel channel = client(null);
        request(channel);

        channel.pipeline().fireExceptionCaught(new IOException("Connection reset by peer"));
        channel.runPendingTasks();

        assertThat(flows).singleElement().extracting(FlowRecord::failure).isEqualTo(FailureCause.CLIENT_CLOSED);
        assertThat(closed(CloseCause.PEER)).isEqualTo(1);
    }

    @Test
    void a_connection_to_an_upstream_says_that_it_was_not_the_upstream_which_closed_it() {
        EmbeddedChannel channel = new EmbeddedChannel();
        OriginPool pool = new OriginPool(
                channel.eventLoop(), new Dialer(loops, Limits.DEFAULT), Limits.DEFAULT, false, () -> {});
        Hearing hearing = new Hearing();
        Http1Connection.install(channel, null, Limits.DEFAULT, pool).start(hearing);

        channel.pipeline().fireExceptionCaught(lack());
        channel.runPendingTasks();

        assertThat(hearing.closed).isTrue();
        assertThat(hearing.stream).isNotNull();
        assertThat(hearing.stream.closedFor()).isEqualTo(FailureCause.OUT_OF_MEMORY);
    }

    private static final class Hearing implements HttpStream.Listener {
        private @Nullable HttpStream stream;
        private boolean closed;

        @Override
        public void opened(HttpStream opened) {
            stream = opened;
        }

        @Override
        public void failed(FailureCause cause, String detail) {
            throw new AssertionError(detail);
        }

        @Override
        public void message(HttpObject message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void writable() {}

        @Override
        public void settled() {}

        @Override
        public void closed(boolean unprocessed) {
            closed = true;
        }
    }

    @Test
    void a_relay_that_lost_bytes_for_lack_of_a_buffer_says_so_and_closes_both_sides() {
        EmbeddedChannel first = new EmbeddedChannel();
        EmbeddedChannel second = new EmbeddedChannel();
        List<Relay.End> ends = new ArrayList<>();
        Relay.join(first, second, Duration.ofMinutes(1), (why, forward, back) -> ends.add(why));

        second.pipeline().fireExceptionCaught(lack());
        first.runPendingTasks();
        second.runPendingTasks();

        assertThat(ends).singleElement().extracting(why -> why.failure(FailureCause.UPSTREAM_RESET))
                .isEqualTo(FailureCause.OUT_OF_MEMORY);
        assertThat(List.of(first, second)).allMatch(CloseCause::outOfMemory).noneMatch(EmbeddedChannel::isOpen);
    }
}
