package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.HostScope;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.intercept.OriginalDestination;
import dev.meshctl.proxy.tls.ConnectionGate;
import dev.meshctl.proxy.tls.Dialer;
import dev.meshctl.proxy.tls.Origin;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * Connections that the kernel has redirected: the address that each was going to tells the service, or that it is none of
 * the mesh's. What is not is passed through untouched, at most {@value #MAX_PASSED_THROUGH} connections at a time.
 *
 * <p>While nothing is known of an address it is not passed through: the bytes may be meant for a service of the mesh, and
 * must not go out in plain.
 */
final class Intercepted {
    static final int MAX_PASSED_THROUGH = 4096;
    /** Longer than within the mesh: it may be at the other end of the world. */
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final WorkloadScope scope;
    private final EventLoops loops;
    private final Dialer dialer;
    private final RandomGenerator random;
    private final BiConsumer<Channel, FixedTarget> toMesh;
    private final Consumer<Channel> named;
    private final Bound passedThrough;

    /**
     * @param toMesh takes connections whose target is known
     * @param named takes those of which only what they say can tell
     * @param passedThrough counts what goes to nobody of the mesh, of the workload as a whole
     */
    Intercepted(WorkloadScope scope, EventLoops loops, Dialer dialer, RandomGenerator random,
            BiConsumer<Channel, FixedTarget> toMesh, Consumer<Channel> named, Bound passedThrough) {
        this.passedThrough = passedThrough;
        this.scope = scope;
        this.loops = loops;
        this.dialer = dialer;
        this.random = random;
        this.toMesh = toMesh;
        this.named = named;
    }

    /** False if the connection was not redirected. */
    boolean accept(Channel channel) {
        Optional<InetSocketAddress> original = OriginalDestination.of(channel);
        original.ifPresent(to -> Lookups.find(
                scope, to.getAddress(), channel.eventLoop(), addressed -> enter(channel, to, addressed)));
        return original.isPresent();
    }

    private void enter(Channel channel, InetSocketAddress to, Addressed addressed) {
        switch (addressed) {
            case Addressed.VirtualIp virtual ->
                toMesh.accept(channel, FixedTarget.ofVirtualIp(virtual.host(), to.getPort()));
            case Addressed.AtWorkload workload -> workload.target(to.getPort()).ifPresentOrElse(
                    target -> toMesh.accept(channel, new FixedTarget(
                            target.service().in(HostScope.LOCAL), target.port(), false, to.getAddress())),
                    () -> passThrough(channel, to));
            case Addressed.Forgotten forgotten -> named.accept(channel);
            case Addressed.Outside outside -> passThrough(channel, to);
            case Addressed.Unavailable unavailable -> refuse(channel, FailureCause.DISCOVERY_UNAVAILABLE);
        }
    }

    private void passThrough(Channel channel, InetSocketAddress to) {
        if (loops.isOwn(to)) {
            refuse(channel, FailureCause.LOOP_REFUSED);
            return;
        }
        OpaqueCall.passThrough(scope, dialer, random, channel,
                new Origin(to, null, false, passedThrough, 0, CONNECT_TIMEOUT, FailureCause.NOT_MESHED));
    }

    private void refuse(Channel channel, FailureCause cause) {
        FlowBuilder.outbound(scope).finish(0, cause);
        CloseCause.REFUSED.of(channel);
        channel.close();
    }

    /** Bounds connections to nobody of the mesh. */
    static final class Bound implements ConnectionGate {
        private final AtomicInteger open = new AtomicInteger();

        @Override
        public boolean tryConnection() {
            if (open.incrementAndGet() <= MAX_PASSED_THROUGH) {
                return true;
            }
            open.decrementAndGet();
            return false;
        }

        @Override
        public void takeConnection() {
            open.incrementAndGet();
        }

        @Override
        public void connectionClosed() {
            open.decrementAndGet();
        }
    }
}
