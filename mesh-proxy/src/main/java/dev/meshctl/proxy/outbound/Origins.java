package dev.meshctl.proxy.outbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.balance.CircuitBounds;
import dev.meshctl.proxy.balance.EndpointSpec;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.MeshAlpn;
import dev.meshctl.proxy.tls.Origin;
import dev.meshctl.proxy.tls.TlsTarget;
import org.jspecify.annotations.Nullable;

/** Endpoints as places to connect to. */
final class Origins {
    private Origins() {}

    static Origin of(WorkloadScope scope, CompiledService service, LiveEndpoint endpoint, String version, int port,
            MeshAlpn alpn) {
        EndpointSpec spec = endpoint.spec();
        CircuitBounds bounds = service.policy().bounds();
        TlsTarget tls = new TlsTarget(scope.tls(), alpn, spec.sni(version, port), spec.identities(),
                scope.limits().handshakeTimeout());
        return new Origin(spec.address(), tls, alpn == MeshAlpn.HTTP2, gate(endpoint, bounds),
                bounds.maxPendingRequests(), service.policy().connectTimeout(), FailureCause.CONNECT_FAILED);
    }

    private static ConnectionGate gate(LiveEndpoint endpoint, CircuitBounds bounds) {
        return new ConnectionGate() {
            @Override
            public boolean tryConnection() {
                return endpoint.tryConnection(bounds);
            }

            @Override
            public void takeConnection() {
                endpoint.takeConnection();
            }

            @Override
            public void connectionClosed() {
                endpoint.connectionClosed();
            }
        };
    }

    static void describe(FlowBuilder flow, LiveEndpoint endpoint, @Nullable SpiffeId peer) {
        EndpointSpec spec = endpoint.spec();
        flow.endpoint(spec.id(), spec.version(), spec.cluster(), spec.viaGateway());
        if (peer != null) {
            flow.secured(peer);
        }
    }
}
