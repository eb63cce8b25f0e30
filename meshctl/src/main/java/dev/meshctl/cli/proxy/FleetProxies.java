package dev.meshctl.cli.proxy;

import dev.meshctl.api.proto.admin.ListProxiesRequest;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc.ProxyAdminBlockingStub;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** The way from what an operator types to proxies. */
public final class FleetProxies {
    /** A name may mean all proxies of a service; so many are asked. */
    public static final int MAX_FOUND = 20;

    /** Two thousand series, each with its buckets. */
    private static final int MAX_ANSWER_BYTES = 32 << 20;

    private final Connections connections;
    private final KubernetesClusters kubernetes;

    public FleetProxies(Connections connections, KubernetesClusters kubernetes) {
        this.connections = connections;
        this.kubernetes = kubernetes;
    }

    /**
     * What a name means.
     *
     * @param text see {@link WantedName}; empty: the whole proxy of a local cluster
     * @param namespace of names without one; empty: any
     * @return at least one
     * @throws CliError if there is none, or the beginning of a name is that of several
     */
    public List<ProxyRef> find(Cluster cluster, String text, String namespace) {
        if (cluster.isLocal()) {
            return text.isEmpty() ? List.of(new ProxyRef.Hosting(cluster, "", "", ""))
                    : hosted(cluster).find(WantedName.parse(text, namespace));
        }
        if (text.isEmpty()) {
            throw CliError.usage("a pod or a service must be named").at("cluster " + cluster.name())
                    .because("on Kubernetes each pod has a proxy of its own").next("meshctl proxy list --cluster " + cluster.name());
        }
        try (ClusterApi api = kubernetes.open(cluster)) {
            return new PodProxies(cluster, api).find(WantedName.parse(text, namespace));
        }
    }

    private HostedWorkloads hosted(Cluster cluster) {
        try {
            return new HostedWorkloads(cluster,
                    connections.proxy(cluster).list(ListWorkloadsRequest.getDefaultInstance()).getWorkloadsList());
        } catch (StatusRuntimeException e) {
            throw RpcFailure.of(e, "cannot list the workloads", "proxy", cluster);
        }
    }

    /**
     * Asks a proxy.
     *
     * @param what is tried, as in "cannot read the configuration"
     * @throws CliError if it does not answer, or is too old to know the question
     */
    public <T> T ask(ProxyRef proxy, String what, Function<ProxyAdminBlockingStub, T> question) {
        try {
            return question.apply(admin(proxy).withMaxInboundMessageSize(MAX_ANSWER_BYTES));
        } catch (StatusRuntimeException e) {
            CliError error = RpcFailure.of(e, what, "proxy " + proxy.name(), proxy.cluster());
            if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
                throw error.because("it is of an older version that cannot do this")
                        .next("restart its pod, so that it gets the proxy of the mesh's version");
            }
            throw error;
        }
    }

    private ProxyAdminBlockingStub admin(ProxyRef proxy) {
        return switch (proxy) {
            case ProxyRef.Hosting hosting -> connections.proxy(hosting.cluster());
            case ProxyRef.Sidecar sidecar -> connections.proxy(sidecar.cluster(), sidecar.destination());
        };
    }

    /**
     * What the control plane says of all proxies of a cluster. Each replica knows those that are connected to it.
     *
     * @throws CliError if one of them does not answer: then nobody knows
     */
    public List<ProxyView> views(Cluster cluster) {
        try {
            List<List<ProxyView>> answers = new ArrayList<>();
            for (var admin : connections.admins(cluster)) {
                answers.add(admin.listProxies(ListProxiesRequest.getDefaultInstance()).getProxiesList());
            }
            return merged(answers);
        } catch (StatusRuntimeException e) {
            throw RpcFailure.of(e, "cannot list the proxies", "control plane", cluster);
        }
    }

    /** One view for each proxy: of whoever is connected to it. */
    public static List<ProxyView> merged(List<List<ProxyView>> answers) {
        Map<String, ProxyView> byNode = new TreeMap<>();
        answers.forEach(views -> views.forEach(view -> byNode.merge(view.getNode(), view,
                (one, other) -> other.getConnected() && !one.getConnected() ? other : one)));
        return List.copyOf(byNode.values());
    }
}
