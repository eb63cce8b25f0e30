package dev.meshctl.proxy.outbound;

import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.outbound.Strangers.Resolved;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.tcp.HoldHandler;
import dev.meshctl.proxy.tcp.Relay;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Dialer.Dialed;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.Channel;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;

/** One opaque connection of a workload: discover, balance, connect, relay. Confined to the client's event loop. */
final class OpaqueCall {
    private static final int MAX_ATTEMPTS = 3;

    private final WorkloadScope scope;
    private final Dialer dialer;
    private final RandomGenerator random;
    private final Channel client;
    private final FlowBuilder flow;
    private final Set<LiveEndpoint> tried = new HashSet<>();
    private boolean gone;
    private boolean relaying;

    private OpaqueCall(WorkloadScope scope, Dialer dialer, RandomGenerator random, Channel client) {
        this.scope = scope;
        this.dialer = dialer;
        this.random = random;
        this.client = client;
        this.flow = FlowBuilder.outbound(scope).protocol(FlowProtocol.TCP);
        client.pipeline().addLast(new HoldHandler()); // holds what comes before the relay is there
        client.closeFuture().addListener(f -> {
            gone = true;
            if (!relaying) {
                flow.finish(0, FailureCause.CLIENT_CLOSED);
            }
        });
    }

    static void toMesh(WorkloadScope scope, Dialer dialer, RandomGenerator random, Channel client,
            FixedTarget target) {
        OpaqueCall call = new OpaqueCall(scope, dialer, random, client);
        Lookups.find(scope, target.host(), client.eventLoop(), discovered -> {
            if (discovered instanceof Discovered.Found found) {
                found.service().touch();
                CompiledService service = found.service().service();
                call.flow.destination(service.name());
                EndpointSet endpoints = found.service().endpoints();
                call.attempt(service, target.only() == null ? endpoints : endpoints.at(target.only()), target.port());
            } else {
                call.fail(Lookups.refusal(target.host(), discovered).cause());
            }
        });
    }

    static void toStranger(WorkloadScope scope, Dialer dialer, RandomGenerator random, Channel client,
            Strangers strangers, String host, int port) {
        OpaqueCall call = new OpaqueCall(scope, dialer, random, client);
        strangers.resolve(host, port, client.eventLoop(), resolved -> {
            switch (resolved) {
                case Resolved.Refused refused -> call.fail(refused.cause());
                case Resolved.At at -> {
                    Origin origin = PlainForwarding.origin(at.address(), scope.limits(), false);
                    call.flow.application(at.address().toString());
                    dialer.dial(client.eventLoop(), origin, true, dialed -> call.onStranger(dialed));
                }
            }
        });
    }

    /** To where the client was going, as it is; within the bound of the gate. */
    static void passThrough(WorkloadScope scope, Dialer dialer, RandomGenerator random, Channel client, Origin origin) {
        OpaqueCall call = new OpaqueCall(scope, dialer, random, client);
        call.flow.application(origin.address().toString());
        if (!origin.gate().tryConnection()) {
            call.fail(FailureCause.OVERLOADED);
            return;
        }
        dialer.dial(client.eventLoop(), origin, true, dialed -> {
            switch (dialed) {
                case Dialed.Failed failed -> {
                    origin.gate().connectionClosed();
                    call.fail(failed.cause());
                }
                case Dialed.Connected connected -> call.relay(connected.channel(), origin.gate()::connectionClosed);
            }
        });
    }

    private void onStranger(Dialed dialed) {
        switch (dialed) {
            case Dialed.Failed failed -> fail(failed.cause());
            case Dialed.Connected connected -> relay(connected.channel(), () -> {});
        }
    }

    private void attempt(CompiledService service, EndpointSet endpoints, int port) {
        LiveEndpoint endpoint = endpoints.pick(port, "", tried, random);
        if (gone || endpoint == null) {
            fail(FailureCause.NO_ENDPOINTS);
            return;
        }
        tried.add(endpoint);
        Origin origin = Origins.of(scope, service, endpoint, "", port, MeshAlpn.TCP);
        if (!endpoint.tryStart(service.policy().bounds())) {
            again(service, endpoints, port, FailureCause.OVERLOADED);
            return;
        }
        if (!origin.gate().tryConnection()) {
            endpoint.ended();
            again(service, endpoints, port, FailureCause.OVERLOADED);
            return;
        }
        Origins.describe(flow, endpoint, null);
        long started = System.nanoTime();
        dialer.dial(client.eventLoop(), origin, false, dialed -> {
            long nanos = System.nanoTime() - started;
            switch (dialed) {
                case Dialed.Failed failed -> {
                    release(endpoint, origin);
                    endpoints.failed(endpoint, nanos, service.policy().outlier());
                    again(service, endpoints, port, failed.cause());
                }
                case Dialed.Connected connected -> {
                    endpoints.succeeded(endpoint, nanos);
                    Origins.describe(flow, endpoint, connected.peer());
                    relay(connected.channel(), () -> release(endpoint, origin));
                }
            }
        });
    }

    private static void release(LiveEndpoint endpoint, Origin origin) {
        origin.gate().connectionClosed();
        endpoint.ended();
    }

    private void again(CompiledService service, EndpointSet endpoints, int port, FailureCause cause) {
        boolean others = tried.size() < Math.min(MAX_ATTEMPTS, endpoints.endpoints().size());
        if (gone || !others) {
            fail(cause);
            return;
        }
        flow.retried();
        attempt(service, endpoints, port);
    }

    private void relay(Channel upstream, Runnable ended) {
        if (gone) {
            upstream.close();
            ended.run();
            return;
        }
        relaying = true;
        Relay.join(client, upstream, scope.limits().streamIdleTimeout(), (why, forward, back) -> {
            flow.received(forward);
            flow.sent(back);
            flow.finish(0, why.failure(FailureCause.UPSTREAM_RESET));
            ended.run();
        });
        if (client.isActive()) {
            client.pipeline().remove(HoldHandler.class);
        }
    }

    private void fail(FailureCause cause) {
        flow.finish(0, cause);
        CloseCause.REFUSED.of(client);
        client.close();
    }
}
