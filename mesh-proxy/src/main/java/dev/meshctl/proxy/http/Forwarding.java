package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.resilience.RetryPolicy;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What was decided for one request that goes on. Made before anything is sent; timeouts of zero are none. */
public interface Forwarding {
    /** The next place to try. */
    sealed interface Next {
        record Try(Upstream upstream) implements Next {}

        record None(FailureCause cause, String detail) implements Next {}
    }

    Next next();

    RetryPolicy retry();

    /** Takes a retry out of the budget. */
    boolean mayRetry();

    /** How often an attempt that did not reach the application may be made elsewhere. */
    int maxUnsentAttempts();

    Duration requestTimeout();

    Duration backendTimeout();

    /** Changes to the head of whatever answer the application gives. */
    void editResponse(HttpHeaders headers);

    /** The cause to name when an established connection ends early. */
    FailureCause resetCause();

    /** The cause that a mesh-made answer of the upstream names, if it made one. */
    @Nullable FailureCause causeIn(int status, HttpHeaders headers);
}
