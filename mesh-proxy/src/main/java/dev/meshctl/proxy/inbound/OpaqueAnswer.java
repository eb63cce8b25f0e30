package dev.meshctl.proxy.inbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.authorize.Decision;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.tcp.HoldHandler;
import dev.meshctl.proxy.tcp.Relay;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Dialer.Dialed;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One opaque connection to a workload: policy, then a relay to the application. */
final class OpaqueAnswer {
    private OpaqueAnswer() {}

    static void start(WorkloadScope scope, @Nullable SpiffeId caller, int port, AppPorts ports,
            AppConnections connections, Dialer dialer, Channel client) {
        FlowBuilder flow = InboundPlanner.flow(scope, caller).protocol(FlowProtocol.TCP);
        Decision decision = scope.access().get().decide(caller, null, null, port);
        flow.decided(decision);
        if (!decision.allowed()) {
            fail(flow, client, FailureCause.DENIED);
            return;
        }
        AppPort app = ports.of(port);
        if (app == null) {
            fail(flow, client, FailureCause.NO_ENDPOINTS);
            return;
        }
        Origin origin = connections.origin(new InetSocketAddress(ports.address(), app.appPort()), false);
        if (!origin.gate().tryConnection()) {
            fail(flow, client, FailureCause.OVERLOADED);
            return;
        }
        flow.application(origin.address().toString());
        client.pipeline().addLast(new HoldHandler()); // holds what comes before the relay is there
        dialer.dial(client.eventLoop(), origin, true, dialed -> {
            switch (dialed) {
                case Dialed.Failed failed -> {
                    origin.gate().connectionClosed();
                    fail(flow, client, failed.cause());
                }
                case Dialed.Connected connected -> {
                    connected.channel().closeFuture().addListener(f -> origin.gate().connectionClosed());
                    relay(scope, flow, client, connected.channel());
                }
            }
        });
    }

    private static void relay(WorkloadScope scope, FlowBuilder flow, Channel client, Channel app) {
        if (!client.isActive()) {
            app.close();
            flow.finish(0, FailureCause.CLIENT_CLOSED);
            return;
        }
        Relay.join(client, app, scope.limits().streamIdleTimeout(), (why, forward, back) -> {
            flow.received(forward);
            flow.sent(back);
            flow.finish(0, why.failure(FailureCause.APP_RESET));
        });
        client.pipeline().remove(HoldHandler.class);
    }

    private static void fail(FlowBuilder flow, Channel client, FailureCause cause) {
        flow.finish(0, cause);
        CloseCause.REFUSED.of(client);
        client.close();
    }
}
