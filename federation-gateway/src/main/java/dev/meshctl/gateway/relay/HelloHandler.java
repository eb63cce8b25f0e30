package dev.meshctl.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of a connection: collects bytes up to a complete ClientHello, then hands the
 * connection over. Reading is off from then on, until the next handler turns it on.
 */
final class HelloHandler extends ChannelInboundHandlerAdapter {
    /** What follows; called once, on the event loop. */
    interface Next {
        /**
         * @param fromGateway the connection has crossed a gateway of another cluster
         * @param received all bytes to be relayed so far; the callee owns them
         */
        void named(ChannelHandlerContext ctx, String serverName, boolean fromGateway, ByteBuf received);

        void refused(ChannelHandlerContext ctx, RefusalCause cause, String detail);
    }

    private final Next next;
    private final Duration timeout;
    private final ClientHello hello = new ClientHello();
    private @Nullable ByteBuf received;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean markerRead;
    private boolean fromGateway;
    private boolean done;

    HelloHandler(Next next, Duration timeout) {
        this.next = next;
        this.timeout = timeout;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        deadline = ctx.executor().schedule(
                () -> refuse(ctx, RefusalCause.HELLO_TIMEOUT, "no ClientHello within " + timeout.toMillis() + " ms"),
                timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
        ByteBuf bytes = (ByteBuf) msg;
        if (done) {
            bytes.release();
            return;
        }
        received = received == null ? bytes : append(received, bytes);
        readOn(ctx, received);
    }

    private static ByteBuf append(ByteBuf head, ByteBuf tail) {
        try {
            // A composite would be shorter to write and slower to parse; a hello seldom takes two reads.
            ByteBuf both = Unpooled.buffer(head.readableBytes() + tail.readableBytes());
            return both.writeBytes(head).writeBytes(tail);
        } finally {
            head.release();
            tail.release();
        }
    }

    private void readOn(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (!markerRead && !readMarker(ctx, bytes)) {
            return;
        }
        switch (hello.read(bytes)) {
            case ClientHello.Reading.Incomplete() -> { }
            case ClientHello.Reading.Garbage(String reason) -> refuse(ctx, RefusalCause.GARBAGE, reason);
            case ClientHello.Reading.Complete(String serverName) -> {
                ByteBuf mine = finish(ctx);
                next.named(ctx, serverName, fromGateway, mine);
            }
        }
    }

    private boolean readMarker(ChannelHandlerContext ctx, ByteBuf bytes) {
        switch (HopMarker.skip(bytes)) {
            case INCOMPLETE -> {
                return false;
            }
            case GARBAGE -> {
                refuse(ctx, RefusalCause.GARBAGE, "not a TLS record, nor a valid PROXY protocol header");
                return false;
            }
            case FROM_GATEWAY -> fromGateway = true;
            case FROM_LOAD_BALANCER, ABSENT -> { }
        }
        markerRead = true;
        return true;
    }

    private ByteBuf finish(ChannelHandlerContext ctx) {
        stop();
        ctx.channel().config().setAutoRead(false);
        ByteBuf mine = received == null ? Unpooled.EMPTY_BUFFER : received;
        received = null;
        return mine;
    }

    private void refuse(ChannelHandlerContext ctx, RefusalCause cause, String detail) {
        if (!done) {
            finish(ctx).release();
            next.refused(ctx, cause, detail);
        }
    }

    private void stop() {
        done = true;
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            refuse(ctx, RefusalCause.HELLO_CUT, "the client closed before its ClientHello was complete");
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        refuse(ctx, RefusalCause.HELLO_CUT, "the client closed before its ClientHello was complete");
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stop();
        if (received != null) {
            received.release();
            received = null;
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        refuse(ctx, RefusalCause.HELLO_CUT, String.valueOf(cause.getMessage()));
        ctx.close();
    }
}
