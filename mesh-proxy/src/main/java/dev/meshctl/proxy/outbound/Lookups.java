package dev.meshctl.proxy.outbound;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.WorkloadScope;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Discovery, brought back to the event loop. */
final class Lookups {
    private Lookups() {}

    /** Why a call cannot go on. */
    record Refusal(FailureCause cause, String detail) {}

    /** The answer comes once, on the event loop; at once if the host is known already. */
    static void find(WorkloadScope scope, MeshHost host, EventLoop loop, Consumer<Discovered> then) {
        CompletableFuture<Discovered> answer = scope.discovery().lookup(host).toCompletableFuture();
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            then.accept(answer.join());
            return;
        }
        answer.whenComplete((discovered, error) -> loop.execute(() -> then.accept(
                error != null ? new Discovered.Unavailable(String.valueOf(error.getMessage())) : discovered)));
    }

    /** The same for an address. */
    static void find(WorkloadScope scope, InetAddress address, EventLoop loop, Consumer<Addressed> then) {
        CompletableFuture<Addressed> answer = scope.discovery().lookup(address).toCompletableFuture();
        if (answer.isDone() && !answer.isCompletedExceptionally()) {
            then.accept(answer.join());
            return;
        }
        answer.whenComplete((addressed, error) -> loop.execute(() -> then.accept(
                error != null ? new Addressed.Unavailable(String.valueOf(error.getMessage())) : addressed)));
    }

    static Refusal refusal(MeshHost host, Discovered discovered) {
        return switch (discovered) {
            case Discovered.NoSuchService none -> new Refusal(FailureCause.NO_SUCH_SERVICE, host
                    + (none.nearest().isEmpty() ? "" : "; did you mean " + String.join(", ", none.nearest()) + "?"));
            case Discovered.Unavailable unavailable ->
                new Refusal(FailureCause.DISCOVERY_UNAVAILABLE, host + ": " + unavailable.cause());
            case Discovered.Found found -> throw new IllegalArgumentException(host + " is no refusal");
        };
    }
}
