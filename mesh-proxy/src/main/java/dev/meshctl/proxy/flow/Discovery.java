package dev.meshctl.proxy.flow;

import dev.meshctl.api.name.MeshHost;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Finds hosts of the mesh. A host that is known is answered with a completed stage; otherwise it is
 * subscribed to, and the stage completes within the bound of the implementation, never exceptionally.
 * Called on event loops: must not block. May complete on any thread.
 */
@FunctionalInterface
public interface Discovery {
    CompletionStage<Discovered> lookup(MeshHost host);

    /** Finds out what has an address, in the same manner; without knowledge of addresses, all are outside. */
    default CompletionStage<Addressed> lookup(InetAddress address) {
        return CompletableFuture.completedFuture(new Addressed.Outside());
    }
}
