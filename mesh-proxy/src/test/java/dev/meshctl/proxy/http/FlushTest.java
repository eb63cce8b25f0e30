package dev.meshctl.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.tls.Dialer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What comes from an upstream at once leaves for the client at once, and nothing waits for what may come later. */
@Timeout(180)
class FlushTest {
    static {
        Leaks.watch();
    }

    private static final String HTTP1 = "GET / HTTP/1.1\r\nhost: app\r\n\r\n";
    /** The preface, empty SETTINGS, and stream 1: GET, http, /, authority "app". */
    private static final String HTTP2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + "\0\0\0\4\0\0\0\0\0"
            + "\0\0\10\1\5\0\0\0\1" + "\u0082\u0086\u0084\u0041\3app";
    private static final int DATA = 0;
    private static final int HEADERS = 1;

    private final EventLoops loops = EventLoops.start(1);
    private final HttpPools pools = new HttpPools(new Dialer(loops, Limits.DEFAULT), Limits.DEFAULT);
    private final List<String> flushed = new CopyOnWriteArrayList<>();
    private final Queue<FlowRecord> flows = new ConcurrentLinkedQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
        pools.close();
        loops.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** Collects what each flush sends. */
    private final class Flushes extends ChannelOutboundHandlerAdapter {
        private final StringBuilder pending = new StringBuilder();

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            if (message instanceof ByteBuf bytes) {
                pending.append(bytes.toString(StandardCharsets.ISO_8859_1));
            }
            ctx.write(message, promise);
        }

        @Override
        public void flush(ChannelHandlerContext ctx) {
            if (!pending.isEmpty()) {
                flushed.add(pending.toString());
                pending.setLength(0);
            }
            ctx.flush();
        }
    }

    /** A client of a proxy before this application. */
    private RawHttp client(boolean http2, RawApp.Talk talk) throws Exception {
        RawApp app = RawApp.plain(talk);
        open.add(app);
        HttpServer server = new HttpServer(
                new OneUpstream(app.address(), flows::add), pools, Limits.DEFAULT, loops.memory());
        ChannelHandler pipeline = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Flushes());
                if (http2) {
                    server.installHttp2(channel);
                } else {
                    server.installHttp1(channel);
                }
            }
        };
        Channel listener = new ServerBootstrap().group(loops.acceptor(), loops.workers())
                .channel(loops.serverChannel()).childOption(ChannelOption.AUTO_READ, false).childHandler(pipeline)
                .bind(SmallMesh.loopback()).syncUninterruptibly().channel();
        open.add(listener::close);
        RawHttp client = new RawHttp((InetSocketAddress) listener.localAddress());
        open.add(client);
        return client;
    }

    /** The types of the frames that one flush sent. */
    private static List<Integer> frames(String sent) {
        List<Integer> types = new ArrayList<>();
        for (int at = 0; at < sent.length(); ) {
            types.add((int) sent.charAt(at + 3));
            at += 9 + (sent.charAt(at) << 16 | sent.charAt(at + 1) << 8 | sent.charAt(at + 2));
        }
        return types;
    }

    private void awaitFailure(FailureCause cause) throws InterruptedException {
        Await.until("a flow that ended by " + cause, () -> flows.stream().anyMatch(f -> f.failure() == cause));
    }

    @Test
    void the_head_and_the_body_of_an_answer_leave_as_one() throws Exception {
        RawHttp client = client(false, connection -> {
            connection.readHead();
            connection.answer(200, "hello");
        });

        client.send(HTTP1).readUntil("hello");

        assertThat(flushed).singleElement().asString().startsWith("HTTP/1.1 200 ").endsWith("hello");
    }

    @Test
    void the_head_and_the_body_of_an_answer_on_a_stream_leave_as_one() throws Exception {
        RawHttp client = client(true, connection -> {
            connection.readHead();
            connection.answer(200, "hello");
        });

        client.send(HTTP2).readUntil("hello");

        assertThat(flushed).filteredOn(sent -> frames(sent).contains(HEADERS)).singleElement().satisfies(sent -> {
            assertThat(frames(sent)).contains(DATA);
            assertThat(sent).contains("hello");
        });
    }

    @Test
    void what_came_before_the_break_of_an_answer_is_sent_before_the_connection_is_closed() throws Exception {
        RawHttp client = client(false, connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nno-size\r\n");
            connection.readHead();
        });

        String got = client.send(HTTP1).readAll();

        assertThat(got).startsWith("HTTP/1.1 200 ").contains("hello").doesNotEndWith("0\r\n\r\n");
        awaitFailure(FailureCause.UPSTREAM_PROTOCOL);
    }

    @Test
    void what_came_before_the_reset_of_an_upstream_is_sent_before_the_connection_is_closed() throws Exception {
        RawHttp client = client(false, connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\nhello");
            connection.reset();
        });

        assertThat(client.send(HTTP1).readAll()).startsWith("HTTP/1.1 200 ").endsWith("hello");
        awaitFailure(FailureCause.UPSTREAM_RESET);
    }

    @Test
    void what_came_before_the_break_of_an_answer_on_a_stream_is_sent_before_the_stream_is_reset() throws Exception {
        RawHttp client = client(true, connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nno-size\r\n");
            connection.readHead();
        });

        client.send(HTTP2).readUntil("hello");

        awaitFailure(FailureCause.UPSTREAM_PROTOCOL);
    }

    /** Sends the head of an answer, then an event each time that the test permits one. */
    private static RawApp.Talk events(Semaphore next) {
        return connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
            for (int i = 1; ; i++) {
                next.acquire();
                connection.write("9\r\ndata: " + i + "\n\n\r\n");
            }
        };
    }

    @Test
    void each_event_of_a_stream_of_events_is_sent_when_it_comes() throws Exception {
        Semaphore next = new Semaphore(0);
        RawHttp client = client(false, events(next));

        client.send(HTTP1).readUntil("\r\n\r\n");
        for (int i = 1; i <= 3; i++) {
            next.release();
            client.readUntil("data: " + i + "\n\n\r\n");
        }

        assertThat(flushed).hasSize(4);
        assertThat(flushed.getFirst()).doesNotContain("data");
    }

    @Test
    void each_event_of_a_stream_of_events_is_sent_when_it_comes_over_http2_too() throws Exception {
        Semaphore next = new Semaphore(0);
        RawHttp client = client(true, events(next));

        client.send(HTTP2).readUntil("text/event-stream");
        for (int i = 1; i <= 3; i++) {
            next.release();
            client.readUntil("data: " + i + "\n\n");
        }

        assertThat(flushed).filteredOn(sent -> frames(sent).contains(DATA)).hasSize(3)
                .noneMatch(sent -> frames(sent).contains(HEADERS));
    }
}
