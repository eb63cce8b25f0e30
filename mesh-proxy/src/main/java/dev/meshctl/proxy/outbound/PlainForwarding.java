package dev.meshctl.proxy.outbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.http.Forwarding;
import dev.meshctl.proxy.http.MeshHeaders;
import dev.meshctl.proxy.http.Upstream;
import dev.meshctl.proxy.resilience.RetryPolicy;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Origin;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request to a host outside the mesh: passed on in plain, as any HTTP proxy would, and counted as such. */
final class PlainForwarding implements Forwarding {
    private static final int MAX_PENDING = 256;
    private static final int MAX_UNSENT_ATTEMPTS = 2;
    private static final RetryPolicy NO_RETRY = new RetryPolicy(0, Set.of(), Duration.ZERO, false);

    private final InetSocketAddress address;
    private final Limits limits;
    private final boolean http2;

    PlainForwarding(InetSocketAddress address, Limits limits, boolean http2) {
        this.address = address;
        this.limits = limits;
        this.http2 = http2;
    }

    static Origin origin(InetSocketAddress address, Limits limits, boolean http2) {
        return new Origin(address, null, http2, ConnectionGate.OPEN, MAX_PENDING, limits.appConnectTimeout(),
                FailureCause.NOT_MESHED);
    }

    @Override
    public Next next() {
        return new Next.Try(new Upstream() {
            @Override
            public Origin origin() {
                return PlainForwarding.origin(address, limits, http2);
            }

            @Override
            public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {
                flow.application(address.toString());
            }

            @Override
            public void editResponse(HttpHeaders headers) {
                headers.remove(MeshHeaders.SERVED_BY);
            }

            @Override
            public void succeeded(long nanos) {}

            @Override
            public void failed(long nanos) {}

            @Override
            public void ended() {}
        });
    }

    @Override
    public RetryPolicy retry() {
        return NO_RETRY;
    }

    @Override
    public boolean mayRetry() {
        return false;
    }

    @Override
    public int maxUnsentAttempts() {
        return MAX_UNSENT_ATTEMPTS;
    }

    @Override
    public Duration requestTimeout() {
        return Duration.ZERO;
    }

    @Override
    public Duration backendTimeout() {
        return Duration.ZERO;
    }

    @Override
    public void editResponse(HttpHeaders headers) {
        headers.remove(MeshHeaders.ERROR);
    }

    @Override
    public FailureCause resetCause() {
        return FailureCause.NOT_MESHED;
    }

    @Override
    public @Nullable FailureCause causeIn(int status, HttpHeaders headers) {
        return null;
    }
}
