package dev.meshctl.proxy.inbound;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.http.Forwarding;
import dev.meshctl.proxy.http.MeshHeaders;
import dev.meshctl.proxy.http.Upstream;
import dev.meshctl.proxy.resilience.RetryPolicy;
import dev.meshctl.proxy.tls.Origin;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A request that policy let through to the application. Sent again only where it cannot have been seen. */
final class AppForwarding implements Forwarding {
    private static final int MAX_UNSENT_ATTEMPTS = 3;
    private static final RetryPolicy NO_RETRY = new RetryPolicy(0, Set.of(), Duration.ZERO, false);

    private final Origin app;
    private final String name;

    /** @param name of the application's address, in records */
    AppForwarding(Origin app, String name) {
        this.app = app;
        this.name = name;
    }

    @Override
    public Next next() {
        return new Next.Try(new Upstream() {
            @Override
            public Origin origin() {
                return app;
            }

            @Override
            public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {
                flow.application(name);
            }

            @Override
            public void editResponse(HttpHeaders headers) {
                // An application that hands on another's headers must not speak for this mesh.
                headers.remove(MeshHeaders.ERROR);
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
    public void editResponse(HttpHeaders headers) {}

    @Override
    public FailureCause resetCause() {
        return FailureCause.APP_RESET;
    }

    @Override
    public @Nullable FailureCause causeIn(int status, HttpHeaders headers) {
        return null;
    }
}
