package dev.meshctl.cli.connect;

import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.util.List;
import java.util.Optional;

/**
 * Stubs to the parts of each cluster, over mTLS with the admin identity. Channels are opened when first
 * asked for and kept until close. Every call that sets no deadline of its own gets {@link #DEADLINE_SECONDS}.
 * Calls throw {@code StatusRuntimeException}; {@link RpcFailure} tells it in words.
 */
public interface Connections extends AutoCloseable {
    int DEADLINE_SECONDS = 10;

    /** The admin API of the control plane. */
    AdminGrpc.AdminBlockingStub admin(Cluster cluster);

    /**
     * The admin APIs of all replicas of the control plane that are ready, for what each knows for itself alone: which
     * proxies are connected to it. One for a local cluster.
     */
    List<AdminGrpc.AdminBlockingStub> admins(Cluster cluster);

    /** The trust bridge. */
    TrustAdminGrpc.TrustAdminBlockingStub trust(Cluster cluster);

    /** All trust bridges that are ready. One for a local cluster. */
    default List<TrustAdminGrpc.TrustAdminBlockingStub> trusts(Cluster cluster) {
        return List.of(trust(cluster));
    }

    /**
     * The proxy of a local cluster.
     *
     * @throws dev.meshctl.cli.CliError on Kubernetes, where each pod has a proxy of its own
     */
    ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster);

    /** The proxy of a pod of a cluster on Kubernetes, by a port-forward: its admin API is on the pod's loopback. */
    ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster, Destination.InPod pod);

    /** The proxy of a local cluster, for hosting; without a default deadline. */
    ProxyAdminGrpc.ProxyAdminStub proxyStreams(Cluster cluster);

    /** How resources of a cluster on Kubernetes are changed; empty where its control plane keeps them itself. */
    default Optional<ResourceWrites> writes(Cluster cluster) {
        return Optional.empty();
    }

    /**
     * The bundle of the cluster's own trust domain.
     *
     * @throws dev.meshctl.cli.CliError if the cluster is not installed or cannot be reached
     */
    TrustBundle bundle(Cluster cluster);

    @Override
    void close();
}
