package dev.meshctl.gateway.relay;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.NameLookups;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Resolves the host names of gateways away from the event loops; the JDK keeps answers for 30 s. */
final class Names {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    private static final int AT_A_TIME = 64;
    private static final NameLookups LOOKUPS = new NameLookups("gateway-dns", AT_A_TIME);

    private final Counters counters;

    /** @param counters get {@code names_overloaded} where too many names are being resolved */
    Names(Counters counters) {
        this.counters = counters;
    }

    /** Completes on the given loop; exceptionally when the name has no address or DNS is slow. */
    CompletionStage<InetSocketAddress> resolve(InetSocketAddress address, EventExecutor loop) {
        if (!address.isUnresolved()) {
            return CompletableFuture.completedStage(address);
        }
        CompletableFuture<InetAddress> asked = LOOKUPS.lookUp(address.getHostString());
        if (asked.isCompletedExceptionally() && asked.exceptionNow() instanceof RejectedExecutionException) {
            counters.increment("names_overloaded");
        }
        CompletableFuture<InetSocketAddress> answer = new CompletableFuture<>();
        asked.orTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).whenComplete((found, failure) ->
                loop.execute(() -> {
                    if (failure == null) {
                        answer.complete(new InetSocketAddress(found, address.getPort()));
                    } else {
                        answer.completeExceptionally(failure);
                    }
                }));
        return answer;
    }
}
