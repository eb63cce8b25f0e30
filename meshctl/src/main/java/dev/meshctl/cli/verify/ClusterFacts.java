package dev.meshctl.cli.verify;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListLinksResponse;
import dev.meshctl.api.proto.admin.ListProxiesRequest;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.proxy.ListWorkloadsRequest;
import dev.meshctl.api.proto.proxy.ListWorkloadsResponse;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.platform.Platform.ClusterProcesses;
import dev.meshctl.cli.proxy.FleetProxies;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What one cluster says about itself; each answer is asked for at most once in a run. */
final class ClusterFacts {
    private final Cluster cluster;
    private final Connections connections;
    private final long deadlineMs;

    private final Fact<ClusterProcesses> processes;
    private final Fact<StatusResponse> status;
    private final Fact<TrustStatus> trust;
    private final Fact<ListLinksResponse> links;
    private final Fact<List<ProxyView>> proxies;
    private final Fact<ListServicesResponse> services;
    private final Fact<ListServicesResponse> ownServices;
    private final Fact<ListWorkloadsResponse> workloads;
    private final Fact<List<String>> routes;

    ClusterFacts(Cluster cluster, Connections connections, Platform platform, Duration timeout) {
        this.cluster = cluster;
        this.connections = connections;
        this.deadlineMs = timeout.toMillis();
        String control = "the control plane of " + cluster.name() + " does not answer";
        processes = new Fact<>("the processes of " + cluster.name() + " cannot be seen", () -> platform.processes(cluster));
        status = new Fact<>(control, () -> admin().status(StatusRequest.getDefaultInstance()));
        trust = new Fact<>("the trust bridge of " + cluster.name() + " does not answer",
                () -> connections.trust(cluster).withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS)
                        .status(TrustStatusRequest.getDefaultInstance()));
        links = new Fact<>(control, () -> admin().listLinks(ListLinksRequest.getDefaultInstance()));
        proxies = new Fact<>(control, () -> FleetProxies.merged(connections.admins(cluster).stream()
                .map(admin -> admin.withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS)
                        .listProxies(ListProxiesRequest.getDefaultInstance()).getProxiesList()).toList()));
        services = new Fact<>(control, () -> admin().listServices(ListServicesRequest.getDefaultInstance()));
        ownServices = new Fact<>(control, () -> admin().listServices(
                ListServicesRequest.newBuilder().setNamespace(SpiffeId.SYSTEM_NAMESPACE).build()));
        workloads = new Fact<>("the proxy of " + cluster.name() + " does not answer",
                () -> connections.proxy(cluster).withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS)
                        .list(ListWorkloadsRequest.getDefaultInstance()));
        routes = new Fact<>(control, () -> Kinds.ROUTES.stream().flatMap(kind -> routes(kind).stream()).toList());
    }

    /** None of a kind that the control plane is too old to know. */
    private List<String> routes(Kind kind) {
        try {
            return admin().get(GetRequest.newBuilder().setKind(kind.name()).build()).getResourcesList();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                return List.of();
            }
            throw e;
        }
    }

    private dev.meshctl.api.proto.admin.AdminGrpc.AdminBlockingStub admin() {
        return connections.admin(cluster).withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS);
    }

    Cluster cluster() {
        return cluster;
    }

    String name() {
        return cluster.name();
    }

    Connections connections() {
        return connections;
    }

    long deadlineMs() {
        return deadlineMs;
    }

    ClusterProcesses processes() throws UnavailableException, InterruptedException {
        return processes.get();
    }

    StatusResponse status() throws UnavailableException, InterruptedException {
        return status.get();
    }

    TrustStatus trust() throws UnavailableException, InterruptedException {
        return trust.get();
    }

    ListLinksResponse links() throws UnavailableException, InterruptedException {
        return links.get();
    }

    /** Of all replicas of the control plane, each proxy once. */
    List<ProxyView> proxies() throws UnavailableException, InterruptedException {
        return proxies.get();
    }

    /** The services of the mesh itself, as the probe. */
    ListServicesResponse ownServices() throws UnavailableException, InterruptedException {
        return ownServices.get();
    }

    ListServicesResponse services() throws UnavailableException, InterruptedException {
        return services.get();
    }

    ListWorkloadsResponse workloads() throws UnavailableException, InterruptedException {
        return workloads.get();
    }

    /** The stored routes of all kinds, as JSON. */
    List<String> routes() throws UnavailableException, InterruptedException {
        return routes.get();
    }
}
