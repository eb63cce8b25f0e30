package dev.meshctl.proxy.outbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.http.SoleUpstream;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Origin;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A request to a host outside the mesh: passed on in plain, as any HTTP proxy would, and counted as such. */
final class PlainForwarding extends SoleUpstream {
    private static final int MAX_PENDING = 256;
    private static final int MAX_UNSENT_ATTEMPTS = 2;

    private final InetSocketAddress address;
    private final Origin origin;

    PlainForwarding(InetSocketAddress address, Limits limits, boolean http2) {
        super(MAX_UNSENT_ATTEMPTS, FailureCause.NOT_MESHED);
        this.address = address;
        this.origin = origin(address, limits, http2);
    }

    static Origin origin(InetSocketAddress address, Limits limits, boolean http2) {
        return new Origin(address, null, http2, ConnectionGate.OPEN, MAX_PENDING, limits.appConnectTimeout(),
                FailureCause.NOT_MESHED);
    }

    @Override
    public Origin origin() {
        return origin;
    }

    @Override
    public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {
        flow.application(address.toString());
    }
}
