package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.resilience.RetryPolicy;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A forwarding to one place that nobody has to choose: no policy, no timeout, nothing is learnt of it. A request is sent
 * again only where it cannot have been seen.
 */
public abstract class SoleUpstream implements Forwarding, Upstream {
    private static final RetryPolicy NO_RETRY = new RetryPolicy(0, Set.of(), Duration.ZERO, false);

    private final int maxUnsentAttempts;
    private final FailureCause resetCause;

    /** @param resetCause the cause to name when an established connection ends early */
    protected SoleUpstream(int maxUnsentAttempts, FailureCause resetCause) {
        this.maxUnsentAttempts = maxUnsentAttempts;
        this.resetCause = resetCause;
    }

    @Override
    public final Next next() {
        return new Next.Try(this);
    }

    @Override
    public final RetryPolicy retry() {
        return NO_RETRY;
    }

    @Override
    public final boolean mayRetry() {
        return false;
    }

    @Override
    public final int maxUnsentAttempts() {
        return maxUnsentAttempts;
    }

    @Override
    public final Duration requestTimeout() {
        return Duration.ZERO;
    }

    @Override
    public final Duration backendTimeout() {
        return Duration.ZERO;
    }

    @Override
    public final FailureCause resetCause() {
        return resetCause;
    }

    /** Null: what is not of the mesh makes no answers in its name. */
    @Override
    public final @Nullable FailureCause causeIn(int status, HttpHeaders headers) {
        return null;
    }

    /** What is not of the mesh, or hands on another's headers, must not speak for this mesh. */
    @Override
    public final void editResponse(HttpHeaders headers) {
        headers.remove(MeshHeaders.ERROR);
        headers.remove(MeshHeaders.SERVED_BY);
    }

    @Override
    public final void succeeded(long nanos) {}

    @Override
    public final void failed(long nanos) {}

    @Override
    public final void ended() {}
}
