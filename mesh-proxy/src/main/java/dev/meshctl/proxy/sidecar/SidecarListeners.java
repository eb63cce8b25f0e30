package dev.meshctl.proxy.sidecar;

import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.host.Listeners;
import dev.meshctl.proxy.host.ProbeWorkload;
import dev.meshctl.proxy.inbound.InboundListener;
import dev.meshctl.proxy.outbound.FixedTarget;
import dev.meshctl.proxy.outbound.OutboundListener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The listeners that a pod's traffic is redirected to, at the sidecar's own addresses. What leaves the pod comes by
 * loopback; what enters it, at the address of the interface, whichever it is.
 */
public record SidecarListeners(SidecarConfig config, EventLoops loops) implements Listeners {
    @Override
    public CompletionStage<Listener> outbound(Scopes scopes, InetSocketAddress bind) {
        List<InetSocketAddress> addresses = config.loopback(config.ports().outbound());
        CompletionStage<Listener> first = OutboundListener.openTransparent(scopes, addresses.getFirst(), loops);
        return addresses.size() == 1 ? first : first.thenCompose(one -> second(scopes, addresses.getLast(), one));
    }

    private CompletionStage<Listener> second(Scopes scopes, InetSocketAddress address, Listener first) {
        return OutboundListener.openTransparent(scopes, address, loops).whenComplete((second, failure) -> {
            if (failure != null) {
                first.close();
            }
        }).thenApply(second -> new Both(first, second));
    }

    @Override
    public CompletionStage<Listener> inbound(Scopes scopes, InetSocketAddress bind) {
        return InboundListener.openTransparent(scopes, new InetSocketAddress(config.ports().outside(), config.ports().inbound()),
                        loops, new InboundListener.Probe(ProbeWorkload.SERVICE, new Application.Responder(this::probed)))
                .thenApply(listener -> new At(
                        new InetSocketAddress(config.address(), listener.address().getPort()), listener));
    }

    private String probed() {
        return ProbeWorkload.body(config.cluster(), config.node());
    }

    /** Even a pod of no service is called, by who scrapes its metrics. */
    @Override
    public boolean inboundWithoutService() {
        return true;
    }

    @Override
    public CompletionStage<Listener> upstream(WorkloadScope scope, InetSocketAddress bind, FixedTarget target) {
        return CompletableFuture.failedFuture(new IllegalStateException("a sidecar has no upstream listeners"));
    }

    /** One listener at two addresses; known by the first. */
    private record Both(Listener first, Listener second) implements Listener {
        @Override
        public InetSocketAddress address() {
            return first.address();
        }

        @Override
        public CompletionStage<Integer> drain(Duration deadline) {
            return first.drain(deadline).thenCombine(second.drain(deadline), Integer::sum);
        }

        @Override
        public void close() {
            List.of(first, second).forEach(Listener::close);
        }
    }

    /** A listener at all addresses, known by one that others can reach. */
    private record At(InetSocketAddress address, Listener listener) implements Listener {
        @Override
        public CompletionStage<Integer> drain(Duration deadline) {
            return listener.drain(deadline);
        }

        @Override
        public void close() {
            listener.close();
        }
    }
}
