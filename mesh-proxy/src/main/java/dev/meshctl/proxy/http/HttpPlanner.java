package dev.meshctl.proxy.http;

import dev.meshctl.proxy.flow.FlowBuilder;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpRequest;
import java.util.function.Consumer;

/** Decides about requests. */
public interface HttpPlanner {
    /** The record of a request that starts now. */
    FlowBuilder newFlow();

    /**
     * Decides about a request whose hop-by-hop headers are already gone. May change the request. The plan comes
     * once, on the event loop, possibly before this returns.
     */
    void plan(HttpRequest request, FlowBuilder flow, EventLoop loop, Consumer<HttpPlan> then);

    /** True when clients should be asked to reconnect elsewhere. */
    boolean draining();
}
