package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.outbound.Strangers.Resolved;
import dev.meshctl.proxy.route.CompiledBackend;
import dev.meshctl.proxy.route.CompiledConnection;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.ConnectionTable;
import dev.meshctl.proxy.tcp.HoldHandler;
import dev.meshctl.proxy.tcp.Relay;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Dialer.Dialed;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.Channel;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One opaque connection of a workload: discover, route, balance, connect, relay. Confined to the client's event loop. */
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

    /** @param serverName that the client's ClientHello asks for; null: it is not known */
    static void toMesh(WorkloadScope scope, Dialer dialer, RandomGenerator random, Channel client,
            FixedTarget target, @Nullable String serverName) {
        OpaqueCall call = new OpaqueCall(scope, dialer, random, client);
        call.discover(target.host(), found -> call.route(found, target, serverName));
    }

    private void discover(MeshHost host, Consumer<LiveService> then) {
        Lookups.find(scope, host, client.eventLoop(), discovered -> {
            if (discovered instanceof Discovered.Found found) {
                found.service().touch();
                flow.destination(found.service().service().name());
                then.accept(found.service());
            } else {
                fail(Lookups.refusal(host, discovered).cause());
            }
        });
    }

    /** Where a connection goes: to one version of a service, or to any. */
    private record Destination(CompiledService service, EndpointSet endpoints, String version, int port) {}

    private void route(LiveService live, FixedTarget target, @Nullable String serverName) {
        ConnectionTable table = routes(scope, live.service(), target);
        if (table == null) {
            EndpointSet endpoints = live.endpoints();
            attempt(new Destination(live.service(), target.only() == null ? endpoints : endpoints.at(target.only()), "",
                    target.port()));
            return;
        }
        CompiledConnection route = table.choose(serverName);
        if (route == null) {
            fail(FailureCause.NO_ROUTE);
            return;
        }
        flow.route(route.id());
        CompiledBackend backend = route.pick(random);
        if (backend == null) {
            fail(FailureCause.NO_BACKENDS);
            return;
        }
        int port = backend.port() == 0 ? target.port() : backend.port();
        Consumer<LiveService> attempt =
                to -> attempt(new Destination(to.service(), to.endpoints(), backend.version(), port));
        if (backend.host() == null || backend.host().toString().equals(live.service().host())) {
            attempt.accept(live);
        } else {
            discover(backend.host(), attempt);
        }
    }

    /**
     * By which routes a connection goes; null: by none. Those of the caller's namespace go before those of the service's.
     * Routes are for who calls a service, not for who calls one of its workloads by address.
     *
     * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-1294/#multiple-routes-for-a-service">GEP-1294</a>
     */
    static @Nullable ConnectionTable routes(WorkloadScope scope, CompiledService service, FixedTarget target) {
        return target.only() == null ? service.seenFrom(scope.identity().namespace()).connections(target.port()) : null;
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

    private void attempt(Destination to) {
        LiveEndpoint endpoint = to.endpoints.pick(to.port, to.version, tried, random);
        if (gone || endpoint == null) {
            fail(FailureCause.NO_ENDPOINTS);
            return;
        }
        tried.add(endpoint);
        CompiledService service = to.service;
        Origin origin = Origins.of(scope, service, endpoint, to.version, to.port, MeshAlpn.TCP);
        if (!endpoint.tryStart(service.policy().bounds())) {
            again(to, FailureCause.OVERLOADED);
            return;
        }
        if (!origin.gate().tryConnection()) {
            endpoint.ended();
            again(to, FailureCause.OVERLOADED);
            return;
        }
        Origins.describe(flow, endpoint, null);
        long started = System.nanoTime();
        dialer.dial(client.eventLoop(), origin, false, dialed -> {
            long nanos = System.nanoTime() - started;
            switch (dialed) {
                case Dialed.Failed failed -> {
                    release(endpoint, origin);
                    to.endpoints.failed(endpoint, nanos, service.policy().outlier());
                    again(to, failed.cause());
                }
                case Dialed.Connected connected -> {
                    to.endpoints.succeeded(endpoint, nanos);
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

    private void again(Destination to, FailureCause cause) {
        boolean others = tried.size() < Math.min(MAX_ATTEMPTS, to.endpoints.endpoints().size());
        if (gone || !others) {
            fail(cause);
            return;
        }
        flow.retried();
        attempt(to);
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
