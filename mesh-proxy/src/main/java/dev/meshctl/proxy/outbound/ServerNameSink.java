package dev.meshctl.proxy.outbound;

import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.tls.ClientHello;
import dev.meshctl.proxy.tls.ClientHelloHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.function.Consumer;

/** Waits for the server name that a client asks for, where routes go by it. What is no TLS has no route there. */
final class ServerNameSink implements ClientHelloHandler.Sink {
    private final WorkloadScope scope;
    private final CompiledService service;
    private final Consumer<String> then;

    /** @param then gets the name in lower case, empty if there is none, and adds the handlers that take the bytes */
    ServerNameSink(WorkloadScope scope, CompiledService service, Consumer<String> then) {
        this.scope = scope;
        this.service = service;
        this.then = then;
    }

    @Override
    public void hello(ChannelHandlerContext ctx, ClientHello.Peek.Hello hello) {
        then.accept(hello.serverName());
    }

    @Override
    public void notTls(ChannelHandlerContext ctx, String why) {
        refuse(ctx, FailureCause.NO_ROUTE);
    }

    @Override
    public void timedOut(ChannelHandlerContext ctx) {
        refuse(ctx, FailureCause.DETECT_TIMEOUT);
    }

    @Override
    public void gone(ChannelHandlerContext ctx, int bytes) {
        finish(FailureCause.CLIENT_CLOSED);
    }

    private void refuse(ChannelHandlerContext ctx, FailureCause cause) {
        finish(cause);
        CloseCause.REFUSED.of(ctx.channel());
        ctx.close();
    }

    private void finish(FailureCause cause) {
        FlowBuilder.outbound(scope).protocol(FlowProtocol.TCP).destination(service.name()).finish(0, cause);
    }
}
