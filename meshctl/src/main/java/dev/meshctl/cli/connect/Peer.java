package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One cluster: how it is reached, found out when first needed, and a channel for each server that is asked. */
final class Peer implements AutoCloseable {
    /** A channel, and the address it was made for. */
    private record Open(HostPort address, ManagedChannel channel) {}

    private final Cluster cluster;
    private final Supplier<Reach> reaching;
    private final Map<Destination, Open> channels = new HashMap<>();
    private @Nullable Reach reach;

    Peer(Cluster cluster, Supplier<Reach> reaching) {
        this.cluster = cluster;
        this.reaching = reaching;
    }

    synchronized Channel channel(Destination to) {
        Reach way = reach();
        // First, because a cluster without a bundle has no mesh, which says more than that it has no pod.
        BundleSource bundles = way.bundles();
        HostPort address = way.address(to);
        Open open = channels.get(to);
        if (open == null || !open.address().equals(address)) {
            if (open != null) {
                open.channel().shutdownNow();
            }
            open = new Open(address, MeshChannel.builder(address, way.identity(), bundles,
                    to.identity(cluster.trustDomain())::equals, null).build());
            channels.put(to, open);
        }
        // A part that was away is tried at once: a user waits.
        open.channel().resetConnectBackoff();
        return ClientInterceptors.intercept(open.channel(), new TroubleInWords(() -> way.trouble(to)));
    }

    synchronized TrustBundle bundle() {
        return reach().bundles().current().of(cluster.trustDomain())
                .orElseThrow(() -> CliError.failed("cluster " + cluster.name() + " has no bundle of " + cluster.trustDomain())
                        .next("meshctl install --cluster " + cluster.name()));
    }

    synchronized List<String> replicas(SystemIdentity part) {
        Reach way = reach();
        way.bundles();
        return way.replicas(part);
    }

    private Reach reach() {
        if (reach == null) {
            reach = reaching.get();
        }
        return reach;
    }

    @Override
    public synchronized void close() {
        channels.values().forEach(open -> open.channel().shutdownNow());
        channels.clear();
        if (reach != null) {
            reach.close();
        }
    }
}
