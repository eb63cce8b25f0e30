package dev.meshctl.proxy.outbound;

import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.runtime.net.NameLookups;
import io.netty.channel.EventLoop;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Resolves hosts outside the mesh, off the event loops; refuses those that are this proxy itself. */
final class Strangers {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    /** Of one listener, so that the workload behind it leaves room for others. */
    private static final int MAX_LOOKUPS = 64;
    private static final int MAX_OF_PROCESS = 256;
    private static final NameLookups NAMES = new NameLookups("resolve", MAX_OF_PROCESS);

    private final EventLoops loops;
    private final Semaphore lookups = new Semaphore(MAX_LOOKUPS);

    Strangers(EventLoops loops) {
        this.loops = loops;
    }

    /** Where a stranger is. */
    sealed interface Resolved {
        record At(InetSocketAddress address) implements Resolved {}

        record Refused(FailureCause cause, String detail) implements Resolved {}
    }

    /** The answer comes once, on the event loop. */
    void resolve(String host, int port, EventLoop loop, Consumer<Resolved> then) {
        InetAddress literal = NetUtil.createInetAddressFromIpAddressString(host);
        if (literal != null) {
            then.accept(check(new InetSocketAddress(literal, port)));
        } else if (!lookups.tryAcquire()) {
            then.accept(new Resolved.Refused(FailureCause.OVERLOADED, MAX_LOOKUPS + " names are being resolved"));
        } else {
            CompletableFuture<Resolved> answer = NAMES.lookUp(host)
                    .handle((found, failure) -> resolved(host, port, found, failure));
            // However long it takes: what is asked for still holds its thread when nobody waits any more.
            answer.whenComplete((resolved, failure) -> lookups.release())
                    .completeOnTimeout(new Resolved.Refused(FailureCause.NOT_MESHED, host + " did not resolve in time"),
                            TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .thenAccept(resolved -> loop.execute(() -> then.accept(resolved)));
        }
    }

    private Resolved resolved(String host, int port, @Nullable InetAddress found, @Nullable Throwable failure) {
        if (found != null) {
            return check(new InetSocketAddress(found, port));
        }
        return failure instanceof RejectedExecutionException
                ? new Resolved.Refused(FailureCause.OVERLOADED, MAX_OF_PROCESS + " names are being resolved")
                : new Resolved.Refused(FailureCause.NOT_MESHED, host + " is neither of the mesh nor known to DNS");
    }

    private Resolved check(InetSocketAddress address) {
        return loops.isOwn(address)
                ? new Resolved.Refused(FailureCause.LOOP_REFUSED, address + " is a listener of this proxy")
                : new Resolved.At(address);
    }
}
