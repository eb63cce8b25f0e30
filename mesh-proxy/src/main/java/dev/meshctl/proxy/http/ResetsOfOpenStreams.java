package dev.meshctl.proxy.http;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * Sits between frame codec and multiplexer, and holds back RST_STREAM for streams that the peer never saw or that
 * have ended. A stream whose HEADERS could not be sent after a GOAWAY has a number already, and a reset of an idle
 * stream is a connection error at the peer (RFC 9113, 6.4), which would cut all other streams.
 */
@ChannelHandler.Sharable
final class ResetsOfOpenStreams extends ChannelOutboundHandlerAdapter {
    static final ResetsOfOpenStreams INSTANCE = new ResetsOfOpenStreams();

    private ResetsOfOpenStreams() {}

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof Http2ResetFrame reset && !isOpen(reset.stream())) {
            ReferenceCountUtil.release(message);
            promise.trySuccess();
        } else {
            ctx.write(message, promise);
        }
    }

    private static boolean isOpen(@Nullable Http2FrameStream stream) {
        return stream != null && stream.state() != Http2Stream.State.IDLE && stream.state() != Http2Stream.State.CLOSED;
    }
}
