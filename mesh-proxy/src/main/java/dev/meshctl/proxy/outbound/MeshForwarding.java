package dev.meshctl.proxy.outbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.http.Forwarding;
import dev.meshctl.proxy.http.MeshHeaders;
import dev.meshctl.proxy.http.Upstream;
import dev.meshctl.proxy.resilience.RetryPolicy;
import dev.meshctl.proxy.route.CompiledRoute;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.Origin;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A request that goes to endpoints of the mesh. */
final class MeshForwarding implements Forwarding {
    private static final int MAX_UNSENT_ATTEMPTS = 5;

    private final WorkloadScope scope;
    private final CompiledService service;
    private final EndpointSet endpoints;
    private final CompiledRoute route;
    private final String version;
    private final int port;
    private final boolean http2;
    private final RandomGenerator random;
    private final Set<LiveEndpoint> tried = new HashSet<>();

    MeshForwarding(WorkloadScope scope, CompiledService service, EndpointSet endpoints, CompiledRoute route,
            String version, int port, boolean http2, RandomGenerator random) {
        this.scope = scope;
        this.service = service;
        this.endpoints = endpoints;
        this.route = route;
        this.version = version;
        this.port = port;
        this.http2 = http2;
        this.random = random;
        endpoints.retryBudget().onRequest(service.policy().retryBudget());
    }

    @Override
    public Next next() {
        for (int i = 0; i <= endpoints.endpoints().size(); i++) {
            LiveEndpoint endpoint = endpoints.pick(port, version, tried, random);
            if (endpoint == null) {
                return new Next.None(FailureCause.NO_ENDPOINTS, "port " + port
                        + (version.isEmpty() ? "" : ", version " + version) + " of " + service.host());
            }
            tried.add(endpoint);
            if (endpoint.tryStart(service.policy().bounds())) {
                return new Next.Try(new EndpointUpstream(endpoint));
            }
        }
        return new Next.None(FailureCause.OVERLOADED,
                "every endpoint of " + service.host() + " has its " + service.policy().bounds().maxRequests() + " requests");
    }

    @Override
    public RetryPolicy retry() {
        RetryPolicy own = route.retry();
        return own == null ? service.policy().defaultRetry() : own;
    }

    @Override
    public boolean mayRetry() {
        return endpoints.retryBudget().tryRetry(service.policy().retryBudget());
    }

    @Override
    public int maxUnsentAttempts() {
        return MAX_UNSENT_ATTEMPTS;
    }

    @Override
    public Duration requestTimeout() {
        return route.requestTimeout();
    }

    @Override
    public Duration backendTimeout() {
        return route.backendTimeout();
    }

    @Override
    public void editResponse(HttpHeaders headers) {
        route.responseEdits().apply(headers);
    }

    @Override
    public FailureCause resetCause() {
        return FailureCause.UPSTREAM_RESET;
    }

    @Override
    public @Nullable FailureCause causeIn(int status, HttpHeaders headers) {
        String label = headers.get(MeshHeaders.ERROR);
        return label == null ? null : FailureCause.ofLabel(label).orElse(null);
    }

    private final class EndpointUpstream implements Upstream {
        private final LiveEndpoint endpoint;

        EndpointUpstream(LiveEndpoint endpoint) {
            this.endpoint = endpoint;
        }

        @Override
        public Origin origin() {
            return Origins.of(scope, service, endpoint, version, port, http2 ? MeshAlpn.HTTP2 : MeshAlpn.HTTP1);
        }

        @Override
        public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {
            Origins.describe(flow, endpoint, peer);
        }

        @Override
        public void editResponse(HttpHeaders headers) {
            headers.set(MeshHeaders.SERVED_BY, endpoint.spec().cluster() + "/" + endpoint.spec().version());
        }

        @Override
        public void succeeded(long nanos) {
            endpoints.succeeded(endpoint, nanos);
        }

        @Override
        public void failed(long nanos) {
            endpoints.failed(endpoint, nanos, service.policy().outlier());
        }

        @Override
        public void ended() {
            endpoint.ended();
        }
    }
}
