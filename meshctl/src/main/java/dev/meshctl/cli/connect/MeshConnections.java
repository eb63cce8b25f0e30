package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.connect.kubernetes.ApiServerWrites;
import dev.meshctl.cli.connect.kubernetes.KubernetesReach;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.runtime.bundle.TrustBundle;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.MethodDescriptor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Connections over mTLS, each server checked for being the part it should be. */
public final class MeshConnections implements Connections {
    private final Environment environment;
    private final Map<Path, Peer> peers = new ConcurrentHashMap<>();

    public MeshConnections(Environment environment) {
        this.environment = environment;
    }

    @Override
    public AdminGrpc.AdminBlockingStub admin(Cluster cluster) {
        return AdminGrpc.newBlockingStub(limited(cluster, new Destination.Part(SystemIdentity.CONTROL_PLANE)));
    }

    @Override
    public List<AdminGrpc.AdminBlockingStub> admins(Cluster cluster) {
        List<String> pods = peer(cluster).replicas(SystemIdentity.CONTROL_PLANE);
        return pods.isEmpty() ? List.of(admin(cluster))
                : pods.stream().map(pod -> AdminGrpc.newBlockingStub(
                        limited(cluster, new Destination.Replica(SystemIdentity.CONTROL_PLANE, pod)))).toList();
    }

    @Override
    public TrustAdminGrpc.TrustAdminBlockingStub trust(Cluster cluster) {
        return TrustAdminGrpc.newBlockingStub(limited(cluster, new Destination.Part(SystemIdentity.TRUST_BRIDGE)));
    }

    @Override
    public List<TrustAdminGrpc.TrustAdminBlockingStub> trusts(Cluster cluster) {
        List<String> pods = peer(cluster).replicas(SystemIdentity.TRUST_BRIDGE);
        return pods.isEmpty() ? List.of(trust(cluster))
                : pods.stream().map(pod -> TrustAdminGrpc.newBlockingStub(
                        limited(cluster, new Destination.Replica(SystemIdentity.TRUST_BRIDGE, pod)))).toList();
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster) {
        requireOneProxy(cluster);
        return ProxyAdminGrpc.newBlockingStub(limited(cluster, new Destination.Part(SystemIdentity.PROXY)));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster, Destination.InPod pod) {
        return ProxyAdminGrpc.newBlockingStub(limited(cluster, pod));
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminStub proxyStreams(Cluster cluster) {
        requireOneProxy(cluster);
        return ProxyAdminGrpc.newStub(peer(cluster).channel(new Destination.Part(SystemIdentity.PROXY)));
    }

    @Override
    public Optional<ResourceWrites> writes(Cluster cluster) {
        return cluster.isLocal() ? Optional.empty() : Optional.of(new ApiServerWrites(environment, cluster));
    }

    @Override
    public TrustBundle bundle(Cluster cluster) {
        return peer(cluster).bundle();
    }

    @Override
    public void close() {
        peers.values().forEach(Peer::close);
        peers.clear();
    }

    private static void requireOneProxy(Cluster cluster) {
        if (!cluster.isLocal()) {
            throw CliError.usage("cluster " + cluster.name() + " has no proxy that hosts workloads")
                    .because("it runs on Kubernetes, where each pod has a proxy of its own; only a local cluster has"
                            + " one for all")
                    .next("meshctl proxy list --cluster " + cluster.name());
        }
    }

    private Channel limited(Cluster cluster, Destination to) {
        return ClientInterceptors.intercept(peer(cluster).channel(to), new DefaultDeadline());
    }

    // Made here, but reached by the first who needs it: one dead cluster must not keep the others from theirs.
    private Peer peer(Cluster cluster) {
        return peers.computeIfAbsent(cluster.directory(), directory -> new Peer(cluster, () -> switch (cluster.place()) {
            case Place.Local local -> new LocalReach(cluster);
            case Place.Kubernetes kubernetes -> new KubernetesReach(environment, cluster);
        }));
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
