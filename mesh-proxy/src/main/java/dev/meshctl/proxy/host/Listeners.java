package dev.meshctl.proxy.host;

import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.inbound.InboundListener;
import dev.meshctl.proxy.outbound.FixedTarget;
import dev.meshctl.proxy.outbound.OutboundListener;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionStage;

/** How the listeners of a workload are opened. Each stage fails with the {@code IOException} of the bind. */
public interface Listeners {
    CompletionStage<Listener> outbound(Scopes scopes, InetSocketAddress bind);

    CompletionStage<Listener> inbound(Scopes scopes, InetSocketAddress bind);

    CompletionStage<Listener> upstream(WorkloadScope scope, InetSocketAddress bind, FixedTarget target);

    /** True if a workload of no service is called too. */
    default boolean inboundWithoutService() {
        return false;
    }

    /** Those of the data path. */
    static Listeners on(EventLoops loops) {
        return new Listeners() {
            @Override
            public CompletionStage<Listener> outbound(Scopes scopes, InetSocketAddress bind) {
                return OutboundListener.open(scopes.first(), bind, loops);
            }

            @Override
            public CompletionStage<Listener> inbound(Scopes scopes, InetSocketAddress bind) {
                return InboundListener.open(scopes, bind, loops);
            }

            @Override
            public CompletionStage<Listener> upstream(
                    WorkloadScope scope, InetSocketAddress bind, FixedTarget target) {
                return OutboundListener.open(scope, bind, loops, target);
            }
        };
    }
}
