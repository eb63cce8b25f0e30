package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Connections over mTLS, each server checked for being the part it should be. */
public final class MeshConnections implements Connections {
    private final Map<Path, Peer> peers = new ConcurrentHashMap<>();

    @Override
    public AdminGrpc.AdminBlockingStub admin(Cluster cluster) {
        return AdminGrpc.newBlockingStub(limited(cluster, Cluster.CONTROL_API, SystemIdentity.CONTROL_PLANE));
    }

    @Override
    public TrustAdminGrpc.TrustAdminBlockingStub trust(Cluster cluster) {
        return TrustAdminGrpc.newBlockingStub(limited(cluster, Cluster.TRUST_SIGNING, SystemIdentity.TRUST_BRIDGE));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster) {
        return ProxyAdminGrpc.newBlockingStub(limited(cluster, Cluster.PROXY_ADMIN, SystemIdentity.PROXY));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminStub proxyStreams(Cluster cluster) {
        return ProxyAdminGrpc.newStub(peer(cluster).channel(cluster, Cluster.PROXY_ADMIN, SystemIdentity.PROXY));
    }

    @Override
    public void close() {
        peers.values().forEach(Peer::close);
        peers.clear();
    }

    private Channel limited(Cluster cluster, String listener, SystemIdentity part) {
        return ClientInterceptors.intercept(peer(cluster).channel(cluster, listener, part), new DefaultDeadline());
    }

    private Peer peer(Cluster cluster) {
        return peers.computeIfAbsent(cluster.directory(), directory -> new Peer(bundles(cluster), cluster));
    }

    private static Bundles bundles(Cluster cluster) {
        try {
            byte[] document = DurableFile.read(cluster.bundleFile(), SpiffeJson.MAX_BYTES)
                    .orElseThrow(() -> CliError.failed("cluster " + cluster.name() + " is not installed")
                            .because("it has no bundle at " + cluster.bundleFile())
                            .next("meshctl install --cluster " + cluster.name()));
            return new Bundles(Map.of(cluster.trustDomain(), SpiffeJson.read(cluster.trustDomain(), document)));
        } catch (IOException | IllegalArgumentException e) {
            throw CliError.failed("cannot read the bundle of cluster " + cluster.name())
                    .at(cluster.bundleFile().toString()).because(String.valueOf(e.getMessage()))
                    .next("meshctl install --cluster " + cluster.name()).from(e);
        }
    }

    /** One cluster: its bundle, the identity there, and a channel for each part. */
    private static final class Peer {
        private final Bundles bundles;
        private final AdminIdentity identity;
        private final Map<String, ManagedChannel> channels = new HashMap<>();

        Peer(Bundles bundles, Cluster cluster) {
            this.bundles = bundles;
            this.identity = AdminIdentity.of(cluster, () -> bundles);
        }

        synchronized ManagedChannel channel(Cluster cluster, String listener, SystemIdentity part) {
            ManagedChannel channel = channels.computeIfAbsent(listener, l -> MeshChannel.builder(
                    HostPort.parse(cluster.address(l)), identity.svid(), () -> bundles,
                    SpiffeId.of(cluster.trustDomain(), part)::equals, null).build());
            // A part that was away is tried at once: a user waits.
            channel.resetConnectBackoff();
            return channel;
        }

        synchronized void close() {
            channels.values().forEach(ManagedChannel::shutdownNow);
            identity.close();
        }
    }

    /** Gives calls without a deadline the usual one. */
    private static final class DefaultDeadline implements ClientInterceptor {
        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            return next.newCall(method, options.getDeadline() != null ? options
                    : options.withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS));
        }
    }
}
