package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.LiveService;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.HttpPlan;
import dev.meshctl.proxy.http.HttpPlanner;
import dev.meshctl.proxy.http.MeshHeaders;
import dev.meshctl.proxy.http.RequestPath;
import dev.meshctl.proxy.outbound.Strangers.Resolved;
import dev.meshctl.proxy.route.CompiledBackend;
import dev.meshctl.proxy.route.CompiledRoute;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.RouteChoice;
import dev.meshctl.proxy.route.RouteFilter;
import dev.meshctl.proxy.route.RouteRequest;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides where a workload's requests go: discover, then route. */
final class OutboundPlanner implements HttpPlanner {
    private static final int HTTP_PORT = 80;

    private final WorkloadScope scope;
    private final Strangers strangers;
    private final RandomGenerator random;
    private final @Nullable FixedTarget fixed;
    private final TunnelEntry tunnels;

    /** Takes the bare channel of a CONNECT. */
    interface TunnelEntry {
        void enter(io.netty.channel.Channel channel, Authority authority);
    }

    OutboundPlanner(WorkloadScope scope, Strangers strangers, RandomGenerator random, @Nullable FixedTarget fixed,
            TunnelEntry tunnels) {
        this.scope = scope;
        this.strangers = strangers;
        this.random = random;
        this.fixed = fixed;
        this.tunnels = tunnels;
    }

    /** Port 0: the client named none. */
    private record Call(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then, String host,
            int port) {
        void refuse(FailureCause cause, String detail) {
            then.accept(new HttpPlan.Refuse(cause, detail));
        }

        boolean http2() {
            return flow.protocol() != FlowProtocol.HTTP1;
        }
    }

    @Override
    public FlowBuilder newFlow() {
        return FlowBuilder.outbound(scope);
    }

    @Override
    public boolean draining() {
        return scope.draining().get();
    }

    @Override
    public void plan(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then) {
        MeshHeaders.stripIdentity(request.headers());
        if (request.method().equals(HttpMethod.CONNECT)) {
            connect(request, flow, then);
            return;
        }
        switch (RequestTarget.read(request)) {
            case RequestTarget.Target.Invalid invalid ->
                then.accept(new HttpPlan.Refuse(FailureCause.BAD_REQUEST, invalid.why()));
            case RequestTarget.Target.Of target -> {
                Authority authority = target.authority();
                Call call = new Call(request, flow, loop, then, authority.host(), authority.port().orElse(0));
                Optional<MeshHost> host = fixed == null ? meshHost(scope, authority.host()) : Optional.of(hostOf(fixed, authority));
                if (host.isPresent()) {
                    discover(call, host.get());
                } else {
                    passThrough(call);
                }
            }
        }
    }

    private MeshHost hostOf(FixedTarget target, Authority authority) {
        return !target.hostRefines() ? target.host() : meshHost(scope, authority.host())
                .filter(named -> named.service().equals(target.host().service())).orElse(target.host());
    }

    /** {@code localhost} has the form of a service's bare name, but means this machine everywhere. */
    static Optional<MeshHost> meshHost(WorkloadScope scope, String host) {
        return host.equalsIgnoreCase("localhost") ? Optional.empty()
                : MeshHost.parse(host, scope.service().namespace());
    }

    private void connect(HttpRequest request, FlowBuilder flow, Consumer<HttpPlan> then) {
        Optional<Authority> authority = Authority.parse(request.uri()).filter(a -> a.port().isPresent());
        if (authority.isEmpty() || flow.protocol() != FlowProtocol.HTTP1) {
            then.accept(new HttpPlan.Refuse(FailureCause.BAD_REQUEST, "CONNECT takes host:port, over HTTP/1.1"));
        } else {
            then.accept(new HttpPlan.Tunnel(channel -> tunnels.enter(channel, authority.get())));
        }
    }

    private void passThrough(Call call) {
        strangers.resolve(call.host(), call.port() == 0 ? HTTP_PORT : call.port(), call.loop(), resolved -> {
            switch (resolved) {
                case Resolved.Refused refused -> call.refuse(refused.cause(), refused.detail());
                case Resolved.At at -> call.then().accept(new HttpPlan.Forward(
                        new PlainForwarding(at.address(), scope.limits(), call.http2())));
            }
        });
    }

    private void discover(Call call, MeshHost host) {
        Lookups.find(scope, host, call.loop(), discovered -> {
            if (discovered instanceof Discovered.Found found) {
                found.service().touch();
                route(call, found.service());
            } else {
                Lookups.Refusal refusal = Lookups.refusal(host, discovered);
                call.refuse(refusal.cause(), refusal.detail());
            }
        });
    }

    private void route(Call call, LiveService live) {
        CompiledService service = live.service().seenFrom(scope.identity().namespace());
        call.flow().destination(service.name());
        int port = fixed != null ? fixed.port() : servicePort(call, service);
        if (port < 0) {
            call.refuse(FailureCause.NO_ENDPOINTS, service.host() + " has no port "
                    + (call.port() == 0 ? HTTP_PORT : call.port()) + "; it has " + service.ports().keySet().stream().sorted().toList());
            return;
        }
        RouteRequest asked = routeRequest(call.request(), port);
        Optional<RouteChoice> choice = service.route(asked);
        if (choice.isEmpty()) {
            call.refuse(FailureCause.NO_ROUTE, asked.method() + " " + asked.path() + " of " + service.host());
            return;
        }
        CompiledRoute route = choice.get().route();
        call.flow().route(route.id());
        if (route.filter() instanceof RouteFilter.RedirectTo redirect) {
            HttpHeaders headers = new DefaultHttpHeaders().set(HttpHeaderNames.LOCATION,
                    redirect.location(call.host(), asked, choice.get().matchedPrefix()));
            call.then().accept(new HttpPlan.Answer(redirect.statusCode(), headers, ""));
            return;
        }
        CompiledBackend backend = route.pick(random);
        if (backend == null) {
            call.refuse(FailureCause.NO_BACKENDS, "route " + route.id());
            return;
        }
        edit(call.request(), asked, choice.get());
        forward(call, live, route, backend, backend.port() == 0 ? port : backend.port());
    }

    // Without a port in the URL, the only port of a service is meant even if it is not 80.
    private static int servicePort(Call call, CompiledService service) {
        int asked = call.port() == 0 ? HTTP_PORT : call.port();
        if (service.ports().isEmpty() || service.ports().containsKey(asked)) {
            return asked;
        }
        return call.port() == 0 && service.ports().size() == 1 ? service.ports().keySet().iterator().next() : -1;
    }

    private static RouteRequest routeRequest(HttpRequest request, int port) {
        return new RouteRequest(request.method().name(), RequestPath.path(request.uri()),
                RequestPath.query(request.uri()), name -> {
                    List<String> values = request.headers().getAll(name);
                    return values.isEmpty() ? null : String.join(",", values);
                }, port);
    }

    private static void edit(HttpRequest request, RouteRequest asked, RouteChoice choice) {
        choice.route().requestEdits().apply(request.headers());
        if (choice.route().filter() instanceof RouteFilter.RewriteTo rewrite) {
            String path = rewrite.path(asked.path(), choice.matchedPrefix());
            request.setUri(asked.query().isEmpty() ? path : path + "?" + asked.query());
            if (!rewrite.hostname().isEmpty()) {
                request.headers().set(HttpHeaderNames.HOST, rewrite.hostname());
            }
        }
    }

    private void forward(Call call, LiveService live, CompiledRoute route, CompiledBackend backend, int port) {
        MeshHost other = backend.host();
        if (other == null || other.toString().equals(live.service().host())) {
            accept(call, live, route, backend, port);
            return;
        }
        Lookups.find(scope, other, call.loop(), discovered -> {
            if (discovered instanceof Discovered.Found found) {
                found.service().touch();
                accept(call, found.service(), route, backend, port);
            } else {
                Lookups.Refusal refusal = Lookups.refusal(other, discovered);
                call.refuse(refusal.cause(), "backend of route " + route.id() + ": " + refusal.detail());
            }
        });
    }

    private void accept(Call call, LiveService to, CompiledRoute route, CompiledBackend backend, int port) {
        call.flow().destination(to.service().name());
        EndpointSet endpoints = fixed == null || fixed.only() == null ? to.endpoints() : to.endpoints().at(fixed.only());
        call.then().accept(new HttpPlan.Forward(new MeshForwarding(scope, to.service(), endpoints, route,
                backend.version(), port, call.http2(), random)));
    }
}
