package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SpiffeId;
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
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One cluster: how it is reached, found out when first needed, and a channel for each part. */
final class Peer implements AutoCloseable {
    /** A channel, and the address it was made for. */
    private record Open(HostPort address, ManagedChannel channel) {}

    private final Cluster cluster;
    private final Supplier<Reach> reaching;
    private final Map<SystemIdentity, Open> channels = new EnumMap<>(SystemIdentity.class);
    private @Nullable Reach reach;

    Peer(Cluster cluster, Supplier<Reach> reaching) {
        this.cluster = cluster;
        this.reaching = reaching;
    }

    synchronized Channel channel(SystemIdentity part) {
        Reach way = reach();
        // First, because a cluster without a bundle has no mesh, which says more than that it has no pod.
        BundleSource bundles = way.bundles();
        HostPort address = way.address(part);
        Open open = channels.get(part);
        if (open == null || !open.address().equals(address)) {
            if (open != null) {
                open.channel().shutdownNow();
            }
            open = new Open(address, MeshChannel.builder(address, way.identity(), bundles,
                    SpiffeId.of(cluster.trustDomain(), part)::equals, null).build());
            channels.put(part, open);
        }
        // A part that was away is tried at once: a user waits.
        open.channel().resetConnectBackoff();
        return ClientInterceptors.intercept(open.channel(), new TroubleInWords(() -> way.trouble(part)));
    }

    synchronized TrustBundle bundle() {
        return reach().bundles().current().of(cluster.trustDomain())
                .orElseThrow(() -> CliError.failed("cluster " + cluster.name() + " has no bundle of " + cluster.trustDomain())
                        .next("meshctl install --cluster " + cluster.name()));
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
