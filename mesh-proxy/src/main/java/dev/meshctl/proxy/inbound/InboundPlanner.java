package dev.meshctl.proxy.inbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.authorize.Decision;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.HttpPlan;
import dev.meshctl.proxy.http.HttpPlanner;
import dev.meshctl.proxy.http.MeshHeaders;
import dev.meshctl.proxy.http.RequestPath;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Decides about the requests of one accepted connection: policy first, then the application. */
final class InboundPlanner implements HttpPlanner {
    private static final int HTTP_PORT = 80;

    private final WorkloadScope scope;
    private final @Nullable SpiffeId caller;
    private final String callerHeader;
    private final int port;
    private final AppPorts ports;
    private final AppConnections connections;
    private @Nullable App last;

    /**
     * @param caller null if not authenticated
     * @param port of the service; 0: the host header says which
     */
    InboundPlanner(WorkloadScope scope, @Nullable SpiffeId caller, int port, AppPorts ports,
            AppConnections connections) {
        this.scope = scope;
        this.caller = caller;
        this.callerHeader = caller == null ? "" : "URI=" + caller;
        this.port = port;
        this.ports = ports;
        this.connections = connections;
    }

    /** Where the requests of this connection went last: as a rule all of them go there. */
    private record App(AppPort port, boolean http2, Origin origin, String name) {}

    @Override
    public FlowBuilder newFlow() {
        return flow(scope, caller);
    }

    /** The record of what comes from this caller. */
    static FlowBuilder flow(WorkloadScope scope, @Nullable SpiffeId caller) {
        FlowBuilder flow = FlowBuilder.inbound(scope);
        return caller == null ? flow : flow.caller(caller).secured(null);
    }

    @Override
    public boolean draining() {
        return scope.draining().get();
    }

    @Override
    public void plan(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then) {
        if (request.method().equals(HttpMethod.CONNECT)) {
            then.accept(new HttpPlan.Refuse(FailureCause.BAD_REQUEST, "CONNECT is not for applications"));
            return;
        }
        int port = this.port == 0 ? portOf(request) : this.port;
        String path = RequestPath.canonical(RequestPath.path(request.uri()));
        Decision decision = scope.access().get().decide(caller, request.method().name(), path, port);
        flow.decided(decision);
        if (!decision.allowed()) {
            then.accept(new HttpPlan.Refuse(FailureCause.DENIED, decision.reason()
                    + (caller == null ? "; the caller is not authenticated" : "; the caller is " + caller)));
            return;
        }
        MeshHeaders.stripIdentity(request.headers());
        if (caller != null) {
            request.headers().set(MeshHeaders.CLIENT_CERT, callerHeader);
        }
        then.accept(switch (scope.application()) {
            case Application.Responder responder -> new HttpPlan.Answer(200,
                    new DefaultHttpHeaders().set(HttpHeaderNames.CONTENT_TYPE, "application/json"),
                    responder.body().get());
            case Application.Process process -> toProcess(port, flow);
        });
    }

    private static int portOf(HttpRequest request) {
        String host = request.headers().get(HttpHeaderNames.HOST, "");
        String digits = host.substring(host.lastIndexOf(':') + 1);
        boolean named = host.indexOf(':') >= 0 && digits.length() <= 5 && digits.length() >= 1
                && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return named ? Integer.parseInt(digits) : HTTP_PORT;
    }

    private HttpPlan toProcess(int port, FlowBuilder flow) {
        AppPort app = ports.of(port);
        if (app == null) {
            return new HttpPlan.Refuse(FailureCause.NO_ENDPOINTS, "this workload does not serve port " + port);
        }
        boolean http2 = app.protocol() == Protocol.HTTP2 || flow.protocol() == FlowProtocol.GRPC;
        App to = last;
        if (to == null || to.http2() != http2 || !to.port().equals(app)) {
            InetSocketAddress address = new InetSocketAddress(ports.address(), app.appPort());
            to = new App(app, http2, connections.origin(address, http2), address.toString());
            last = to;
        }
        return new HttpPlan.Forward(new AppForwarding(to.origin(), to.name()));
    }
}
