package dev.meshctl.cli.testing;

import dev.meshctl.runtime.net.HostPort;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket of a port-forward: the first byte of each message is the stream, 0 for data and 1 for errors; the
 * first message of each stream is the port, two bytes, little end first.
 */
public final class ForwardedPort extends SimpleChannelInboundHandler<WebSocketFrame> {
    /** Opens the connection to where it leads; what comes from there goes to the handler. */
    public interface Dialling {
        Future<Channel> dial(EventLoop loop, ChannelHandler back);
    }

    private final Dialling to;
    private final int port;
    private final Queue<ByteBuf> early = new ArrayDeque<>();
    private @Nullable Channel target;

    /** Leads to an address that this machine reaches. */
    public ForwardedPort(HostPort to, int port) {
        this((loop, back) -> {
            Promise<Channel> connected = loop.newPromise();
            new Bootstrap().group(loop).channel(NioSocketChannel.class).handler(back).connect(to.host(), to.port())
                    .addListener((ChannelFuture done) -> {
                        if (done.isSuccess()) {
                            connected.setSuccess(done.channel());
                        } else {
                            connected.setFailure(done.cause());
                        }
                    });
            return connected;
        }, port);
    }

    public ForwardedPort(Dialling to, int port) {
        this.to = to;
        this.port = port;
    }

    public void open(Channel socket) {
        for (int stream = 0; stream < 2; stream++) {
            socket.writeAndFlush(new BinaryWebSocketFrame(
                    Unpooled.buffer(3).writeByte(stream).writeShortLE(port)));
        }
        to.dial(socket.eventLoop(), new Back(socket)).addListener((Future<Channel> connected) -> {
            if (!connected.isSuccess()) {
                socket.close();
                return;
            }
            target = connected.getNow();
            early.forEach(connected.getNow()::writeAndFlush);
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
        if (frame instanceof CloseWebSocketFrame) {
            context.close();
            return;
        }
        ByteBuf content = frame.content();
        if (content.isReadable() && content.readByte() == 0 && content.isReadable()) {
            ByteBuf data = content.retainedSlice();
            Channel open = target;
            if (open == null) {
                early.add(data);
            } else {
                open.writeAndFlush(data);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        Channel open = target;
        if (open != null) {
            open.close();
        }
    }

    /** From the pod to the client. */
    private static final class Back extends ChannelInboundHandlerAdapter {
        private final Channel socket;

        Back(Channel socket) {
            this.socket = socket;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            socket.writeAndFlush(new BinaryWebSocketFrame(
                    Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(new byte[] {0}), (ByteBuf) message)));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            socket.writeAndFlush(new CloseWebSocketFrame());
        }
    }
}
