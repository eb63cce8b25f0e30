package dev.meshctl.proxy.testing;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An application that speaks HTTP/2 in plain; the test answers its streams, and says GOAWAY, when it likes. */
public final class H2App implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final Channel server;
    /** All connections so far. */
    public final AtomicInteger accepted = new AtomicInteger();
    /** All requests so far. */
    public final AtomicInteger requests = new AtomicInteger();

    /** A stream that has sent all and has no answer yet. */
    private record Waiting(ChannelHandlerContext ctx, Http2FrameStream stream) {}

    /** @param maxStreams of one connection at a time */
    public H2App(int maxStreams) {
        server = new ServerBootstrap().group(loops).channel(NioServerSocketChannel.class)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        connections.add(channel);
                        accepted.incrementAndGet();
                        channel.pipeline().addLast(Http2FrameCodecBuilder.forServer()
                                .initialSettings(new Http2Settings().maxConcurrentStreams(maxStreams)).build(),
                                new Frames());
                    }
                }).bind(SmallMesh.loopback()).syncUninterruptibly().channel();
    }

    private final class Frames extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object frame) {
            if (frame instanceof Http2HeadersFrame) {
                requests.incrementAndGet();
            }
            if (frame instanceof Http2StreamFrame part && (frame instanceof Http2HeadersFrame headers && headers.isEndStream()
                    || frame instanceof Http2DataFrame data && data.isEndStream())) {
                waiting.add(new Waiting(ctx, part.stream()));
            }
            ReferenceCountUtil.release(frame);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (!(cause instanceof Http2FrameStreamException)) {
                ctx.close(); // not for a stream that came after GOAWAY: the codec has refused it
            }
        }
    }

    /** Streams that wait for an answer. */
    public int waiting() {
        return waiting.size();
    }

    public int open() {
        return connections.size();
    }

    /** Answers the oldest stream with 200 and this text. */
    public void answerOne(String text) {
        Waiting next = waiting.remove();
        next.ctx().executor().execute(() -> {
            next.ctx().write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), false)
                    .stream(next.stream()));
            next.ctx().writeAndFlush(new DefaultHttp2DataFrame(
                    io.netty.buffer.Unpooled.copiedBuffer(text, java.nio.charset.StandardCharsets.US_ASCII), true)
                    .stream(next.stream()));
        });
    }

    /** Answers every stream that waits. */
    public void answerAll(String text) {
        while (!waiting.isEmpty()) {
            answerOne(text);
        }
    }

    /** Tells all connections to finish what they have and to take nothing new. */
    public void goAway() {
        for (Channel connection : connections) {
            connection.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR)).syncUninterruptibly();
        }
    }

    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    @Override
    public void close() {
        server.close();
        connections.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
