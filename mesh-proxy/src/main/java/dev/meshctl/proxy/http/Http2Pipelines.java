package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.Limits;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** How HTTP/2 is set up on both sides. */
final class Http2Pipelines {
    // Whoever is on the other side is known, and cancels many calls for good reasons: deadlines, first answer wins. The
    // bound is there for loops gone wild; at the 200 in 30 s that are usual it would cut the streams of all others.
    private static final int MAX_RESETS = 10_000;
    private static final int RESET_WINDOW_SECONDS = 10;

    private static final long GOODBYE_SECONDS = 5;

    private Http2Pipelines() {}

    /**
     * Closes a connection without streams after a GOAWAY, by which the peer knows that a stream that it opens just now is not
     * served (RFC 9113, 6.8). A peer that does not read is not waited for.
     */
    static void leave(Channel channel) {
        channel.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR)).addListener(ChannelFutureListener.CLOSE);
        Future<?> last = channel.eventLoop().schedule(() -> channel.close(), GOODBYE_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> last.cancel(false));
    }

    static Http2FrameCodec clientCodec(Limits limits) {
        return Http2FrameCodecBuilder.forClient()
                .initialSettings(settings(limits).pushEnabled(false))
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    static Http2FrameCodec serverCodec(Limits limits) {
        return Http2FrameCodecBuilder.forServer()
                .initialSettings(settings(limits).maxConcurrentStreams(limits.maxConcurrentStreams()))
                .decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, RESET_WINDOW_SECONDS)
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    private static Http2Settings settings(Limits limits) {
        return new Http2Settings()
                .initialWindowSize(limits.streamWindowBytes())
                .maxHeaderListSize(limits.maxHeaderBytes());
    }

    /**
     * Gives the connection as much window as all its streams have together, so that a slow reader of one stream holds
     * up no other. What a connection can have buffered is bounded by just this.
     */
    static void widenConnectionWindow(Http2FrameCodec codec, Limits limits) {
        Http2Connection connection = codec.connection();
        int more = limits.maxConcurrentStreams() * limits.streamWindowBytes() - 65_535;
        try {
            if (more > 0) {
                connection.local().flowController().incrementWindowSize(connection.connectionStream(), more);
            }
        } catch (Http2Exception e) {
            throw new IllegalStateException("the limits give a window that HTTP/2 does not allow", e);
        }
    }

    /** The same once the codec is in an active channel. */
    static void widenConnectionWindow(ChannelHandlerContext ctx, Limits limits) {
        widenConnectionWindow(ctx.pipeline().get(Http2FrameCodec.class), limits);
    }
}
