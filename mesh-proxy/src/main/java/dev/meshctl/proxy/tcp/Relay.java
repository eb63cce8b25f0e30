package dev.meshctl.proxy.tcp;

import dev.meshctl.proxy.flow.BufferMemory;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.LazyTimer;
import dev.meshctl.proxy.tls.PeerAlert;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Copies bytes between two channels, each way, until both have ended. Reads from one side only while the
 * other takes them, so that at most the high water mark of each write buffer, and one read, is held. An end of
 * input is passed on where the other side is plain TCP; over TLS, which cannot be half closed, the other direction
 * goes on until it ends or is silent for {@link #LAST_WORDS}: the client may as well be gone.
 */
public final class Relay {
    /** Silence after which a side that has ended its output is taken to be gone. */
    static final Duration LAST_WORDS = Duration.ofSeconds(3);

    /** Why a relay ended. */
    public enum End {
        /** One side closed. */
        CLOSED,
        /** No byte in either direction for too long. */
        IDLE,
        /** One side was reset. */
        RESET,
        /** The other end of the second channel did not accept the certificate of this side; it has read nothing. */
        REFUSED,
        /** A buffer could not be had: bytes are lost. */
        OUT_OF_MEMORY;

        /** What the record of the connection says; null if it ended as it should. */
        public @Nullable FailureCause failure(FailureCause reset) {
            return switch (this) {
                case CLOSED -> null;
                case IDLE -> FailureCause.IDLE_TIMEOUT;
                case RESET -> reset;
                case REFUSED -> FailureCause.CERTIFICATE_REFUSED;
                case OUT_OF_MEMORY -> FailureCause.OUT_OF_MEMORY;
            };
        }

        private CloseCause cause() {
            return switch (this) {
                case CLOSED, RESET -> CloseCause.RELAYED;
                case IDLE -> CloseCause.IDLE;
                case REFUSED -> CloseCause.REFUSED;
                case OUT_OF_MEMORY -> CloseCause.OUT_OF_MEMORY;
            };
        }
    }

    /** Hears of the end, once, on the event loop of the first channel. */
    @FunctionalInterface
    public interface Observer {
        /**
         * @param forward bytes from the first channel to the second
         * @param back bytes from the second to the first
         */
        void ended(End end, long forward, long back);
    }

    private final Channel first;
    private final Channel second;
    private final Observer observer;
    private final LazyTimer timer;
    private volatile Duration idle;
    private final Duration longest;
    private volatile boolean ending;
    private volatile boolean waited;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong forward = new AtomicLong();
    private final AtomicLong back = new AtomicLong();

    private Relay(Channel first, Channel second, Duration idle, Observer observer) {
        this.first = first;
        this.second = second;
        this.idle = idle;
        this.observer = observer;
        this.longest = idle;
        this.timer = new LazyTimer(first.eventLoop(), Duration.ofSeconds(1), this::silent);
    }

    // Nothing moves either while a side that has ended its output takes its time to read: it is not gone.
    private void silent() {
        if (ending && !waited && !(first.isWritable() && second.isWritable())) {
            waited = true;
            timer.expireIn(longest);
        } else {
            end(ending ? End.CLOSED : End.IDLE);
        }
    }

    private void moved() {
        waited = false;
        timer.postpone(idle);
    }

    /**
     * Joins two open channels whose auto-read is off, and starts. Bytes that handlers before the end of a
     * pipeline still hold are relayed when they come. Called on the event loop of the first channel.
     */
    public static void join(Channel first, Channel second, Duration idle, Observer observer) {
        Relay relay = new Relay(first, second, idle, observer);
        relay.timer.expireIn(idle);
        Side there = relay.new Side(second, relay.forward);
        Side here = relay.new Side(first, relay.back);
        first.pipeline().addLast(there);
        second.pipeline().addLast(here);
        if (!first.isActive() || !second.isActive()) {
            relay.end(End.CLOSED);
            return;
        }
        there.noteEarlierEnd(first);
        here.noteEarlierEnd(second);
        first.read();
        second.read();
    }

    private void end(End why) {
        if (!ended.compareAndSet(false, true)) {
            return;
        }
        why.cause().of(first);
        why.cause().of(second);
        closeAfterFlush(first);
        closeAfterFlush(second);
        if (first.eventLoop().inEventLoop()) {
            tell(why);
        } else {
            first.eventLoop().execute(() -> tell(why));
        }
    }

    private void tell(End why) {
        timer.cancel();
        observer.ended(why, forward.get(), back.get());
    }

    private static void closeAfterFlush(Channel channel) {
        if (channel.isActive()) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Reads from the channel it is installed in, writes to the other. */
    private final class Side extends ChannelInboundHandlerAdapter {
        private final Channel other;
        private final AtomicLong bytes;
        private boolean inputEnded;

        Side(Channel other, AtomicLong bytes) {
            this.other = other;
            this.bytes = bytes;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object msg) {
            if (msg instanceof ByteBuf data && data.isReadable() && !ended.get()) {
                moved();
                bytes.addAndGet(data.readableBytes());
                other.write(data);
            } else {
                ReferenceCountUtil.release(msg);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            other.flush();
            if (other.isWritable() && !inputEnded) {
                ctx.read();
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                moved();
                other.read();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event == ChannelInputShutdownEvent.INSTANCE) {
                inputEnded = true;
                passOnEndOfInput();
            } else if (event != ChannelInputShutdownReadComplete.INSTANCE) {
                ctx.fireUserEventTriggered(event);
            }
        }

        // The end may have come while the connection to the other side was being made.
        void noteEarlierEnd(Channel own) {
            if (own instanceof SocketChannel socket && socket.isInputShutdown()) {
                inputEnded = true;
                own.eventLoop().execute(this::passOnEndOfInput); // after the bytes that are still held
            }
        }

        private void passOnEndOfInput() {
            if (!(other instanceof SocketChannel socket) || other.pipeline().get(SslHandler.class) != null) {
                ending = true;
                idle = idle.compareTo(LAST_WORDS) < 0 ? idle : LAST_WORDS;
                timer.postpone(idle);
                return;
            }
            if (socket.isInputShutdown()) {
                end(End.CLOSED);
            } else {
                socket.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(f -> socket.shutdownOutput());
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end(End.CLOSED);
            ctx.fireChannelInactive();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            boolean refused = bytes.get() == 0 && PeerAlert.refusesCertificate(cause);
            end(BufferMemory.exhausted(cause) ? End.OUT_OF_MEMORY : refused ? End.REFUSED : End.RESET);
        }
    }
}
