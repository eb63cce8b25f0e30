package dev.meshctl.gateway.relay;

import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Resolves the host names of gateways away from the event loops; the JDK keeps answers for 30 s. */
final class Names {
    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /** Completes on the given loop; exceptionally when the name has no address or DNS is slow. */
    CompletionStage<InetSocketAddress> resolve(InetSocketAddress address, EventExecutor loop) {
        if (!address.isUnresolved()) {
            return CompletableFuture.completedStage(address);
        }
        CompletableFuture<InetSocketAddress> asked = CompletableFuture.supplyAsync(
                () -> lookUp(address), task -> Thread.ofVirtual().name("gateway-dns").start(task));
        CompletableFuture<InetSocketAddress> answer = new CompletableFuture<>();
        asked.orTimeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).whenComplete((found, failure) ->
                loop.execute(() -> {
                    if (failure == null) {
                        answer.complete(found);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                }));
        return answer;
    }

    private static InetSocketAddress lookUp(InetSocketAddress address) {
        try {
            return new InetSocketAddress(InetAddress.getByName(address.getHostString()), address.getPort());
        } catch (UnknownHostException e) {
            throw new CompletionException(e);
        }
    }
}
