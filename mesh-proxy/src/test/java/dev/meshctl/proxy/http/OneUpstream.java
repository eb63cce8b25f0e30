package dev.meshctl.proxy.http;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowObserver;
import dev.meshctl.proxy.resilience.RetryPolicy;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends every request to one application, once. */
record OneUpstream(InetSocketAddress app, FlowObserver observer) implements HttpPlanner, Forwarding, Upstream {
    @Override
    public FlowBuilder newFlow() {
        return new FlowBuilder(Direction.OUTBOUND, observer);
    }

    @Override
    public void plan(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then) {
        then.accept(new HttpPlan.Forward(this));
    }

    @Override
    public boolean draining() {
        return false;
    }

    @Override
    public Next next() {
        return new Next.Try(this);
    }

    @Override
    public RetryPolicy retry() {
        return new RetryPolicy(0, Set.of(), Duration.ZERO, false);
    }

    @Override
    public boolean mayRetry() {
        return false;
    }

    @Override
    public int maxUnsentAttempts() {
        return 1;
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
    public FailureCause resetCause() {
        return FailureCause.UPSTREAM_RESET;
    }

    @Override
    public @Nullable FailureCause causeIn(int status, HttpHeaders headers) {
        return null;
    }

    @Override
    public Origin origin() {
        return new Origin(app, null, false, ConnectionGate.OPEN, 1, Duration.ofSeconds(5),
                FailureCause.CONNECT_FAILED);
    }

    @Override
    public void describe(FlowBuilder flow, @Nullable SpiffeId peer) {}

    @Override
    public void editResponse(HttpHeaders headers) {}

    @Override
    public void succeeded(long nanos) {}

    @Override
    public void failed(long nanos) {}

    @Override
    public void ended() {}
}
