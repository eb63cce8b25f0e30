package dev.meshctl.cli.connect;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.proto.admin.DeleteRequest;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Suggestion;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The control plane of one cluster, with failures told in words. */
public final class ControlPlane {
    private static final long GATEWAY_POLL_MS = 200;
    private static final String PART = "control plane";
    private static final Duration NOTICE = Duration.ofSeconds(10);
    private static final Duration NOTICE_POLL = Duration.ofMillis(50);

    private final Connections connections;
    private final Cluster cluster;
    private final LeaderCalls calls;

    public ControlPlane(Connections connections, Cluster cluster) {
        this.connections = connections;
        this.cluster = cluster;
        this.calls = new LeaderCalls(connections, cluster);
    }

    public Cluster cluster() {
        return cluster;
    }

    /**
     * Makes one call. What only the leader of several replicas takes waits a while for one.
     *
     * @param what what is tried, as in "cannot list the services"
     */
    public <T> T call(String what, Function<AdminGrpc.AdminBlockingStub, T> call) {
        try {
            return calls.call(call);
        } catch (StatusRuntimeException e) {
            throw RpcFailure.of(e, what, PART, cluster);
        }
    }

    /** Services of a namespace, or of all if it is empty. */
    public List<ServiceView> services(String namespace) {
        return call("cannot list the services",
                admin -> admin.listServices(ListServicesRequest.newBuilder().setNamespace(namespace).build()))
                .getServicesList();
    }

    /** The service, or an error that names the nearest one. */
    public ServiceView service(ServiceName name) {
        List<ServiceView> all = services("");
        return all.stream().filter(view -> nameOf(view).equals(name.toString())).findFirst()
                .orElseThrow(() -> unknown(name, all.stream().map(ControlPlane::nameOf).toList()));
    }

    private CliError unknown(ServiceName name, List<String> known) {
        CliError error = CliError.failed("there is no service \"" + name + "\"").at("cluster " + cluster.name());
        if (known.isEmpty()) {
            if (cluster.place() instanceof Place.Kubernetes) {
                return error.because("the cluster has no services of the mesh yet")
                        .next("kubectl label namespace " + name.namespace() + " meshctl.dev/inject=enabled, then restart its pods");
            }
            return error.because("the cluster has no services yet")
                    .next("meshctl run --cluster " + cluster.name() + " --service " + name + " --port PORT -- COMMAND");
        }
        return error.next(Suggestion.nearest(name.toString(), known).map(near -> "did you mean \"" + near + "\"?")
                .orElse("meshctl services --cluster " + cluster.name()));
    }

    /** {@code name.namespace}. */
    public static String nameOf(ServiceView view) {
        return view.getName() + "." + view.getNamespace();
    }

    /** Resources as JSON; name or namespace empty for all. */
    public List<ObjectNode> get(String kind, String namespace, String name) {
        return call("cannot read " + kind + (name.isEmpty() ? "" : " " + name), admin -> admin.get(GetRequest.newBuilder()
                        .setKind(kind).setNamespace(namespace).setName(name).build()))
                .getResourcesList().stream().map(ControlPlane::parse).toList();
    }

    /**
     * Resources with their states.
     *
     * @param namespace empty for all
     * @param knownDigest of a former listing of the same; empty for none
     * @return empty if nothing has changed since the known one
     */
    public Optional<Listing> list(String kind, String namespace, String knownDigest) {
        GetResponse response = call("cannot read " + kind, admin -> admin.get(GetRequest.newBuilder()
                .setKind(kind).setNamespace(namespace).setKnownDigest(knownDigest).build()));
        return response.getUnchanged() ? Optional.empty() : Optional.of(listing(response));
    }

    /** A control plane that is older than the states tells the phase of what has one. */
    private static Listing listing(GetResponse response) {
        List<Listing.Listed> listed = new ArrayList<>();
        for (int i = 0; i < response.getResourcesCount(); i++) {
            ObjectNode resource = parse(response.getResources(i));
            listed.add(new Listing.Listed(resource, i < response.getStatesCount() ? response.getStates(i)
                    : resource.path("status").path("phase").asString("")));
        }
        return new Listing(listed, response.getDigest());
    }

    /** Resources of a namespace as JSON; none if the control plane is older than the kind. */
    public List<ObjectNode> getIfKnown(String kind, String namespace) {
        try {
            return connections.admin(cluster).get(GetRequest.newBuilder().setKind(kind).setNamespace(namespace).build())
                    .getResourcesList().stream().map(ControlPlane::parse).toList();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                return List.of();
            }
            throw RpcFailure.of(e, "cannot read " + kind, PART, cluster);
        }
    }

    /** One resource; empty if there is none of that name. */
    public Optional<ObjectNode> find(String kind, String namespace, String name) {
        try {
            return connections.admin(cluster)
                    .get(GetRequest.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build())
                    .getResourcesList().stream().findFirst().map(ControlPlane::parse);
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return Optional.empty();
            }
            throw RpcFailure.of(e, "cannot read " + kind + " " + name, PART, cluster);
        }
    }

    /**
     * Applies all of the resources or none. The control plane checks them; on Kubernetes they are then checked and written by
     * the API server, as the user of this command line and not as the control plane.
     */
    public List<ApplyResult> apply(List<?> resources, boolean dryRun, String actor) {
        List<String> texts = resources.stream()
                .map(r -> r instanceof String text ? text : JsonMapper.shared().writeValueAsString(r)).toList();
        Optional<ResourceWrites> writes = connections.writes(cluster);
        ApplyRequest request = ApplyRequest.newBuilder().setDryRun(dryRun || writes.isPresent()).setActor(actor)
                .addAllResources(texts).build();
        List<ApplyResult> results = call("cannot apply", admin -> admin.apply(request)).getResultsList();
        List<ObjectNode> trees = texts.stream().map(ControlPlane::parse).toList();
        if (writes.isPresent() && dryRun) {
            writes.get().check(trees);
        } else if (writes.isPresent()) {
            writes.get().apply(trees);
            awaitNotice(() -> connections.admin(cluster).apply(request).getResultsList().stream()
                    .allMatch(result -> result.getAction().equals("unchanged")));
        }
        return results;
    }

    /**
     * Waits until the control plane has heard of a change from the API server, so that whoever asks it next is not told what
     * was before. One that does not answer by then hears of it later.
     */
    private static void awaitNotice(BooleanSupplier heard) {
        long deadline = System.nanoTime() + NOTICE.toNanos();
        while (System.nanoTime() < deadline && !Thread.currentThread().isInterrupted()) {
            try {
                if (heard.getAsBoolean()) {
                    return;
                }
            } catch (StatusRuntimeException | CliError e) {
                // Refused until it knows of what was deleted before, or away for a moment.
            }
            LockSupport.parkNanos(NOTICE_POLL.toNanos());
        }
    }

    /**
     * Waits until the cluster's gateway has said where it listens, which takes a moment after a start. Returns
     * all the same when the time is over: what follows then says what is missing.
     */
    public void awaitGateway(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < deadline && gatewayAddresses() == 0) {
            Thread.sleep(GATEWAY_POLL_MS);
        }
    }

    private int gatewayAddresses() {
        return call("cannot ask for the gateway", admin -> admin.status(StatusRequest.getDefaultInstance()))
                .getGatewayAddressesCount();
    }

    /** Deletes one resource; false if there was none. */
    public boolean delete(String kind, String namespace, String name, boolean dryRun, String actor) {
        Optional<ResourceWrites> writes = dryRun ? Optional.empty() : connections.writes(cluster);
        try {
            DeleteRequest request = DeleteRequest.newBuilder().setKind(kind).setNamespace(namespace)
                    .setName(name).setDryRun(dryRun || writes.isPresent()).setActor(actor).build();
            var unused = calls.call(admin -> admin.delete(request));
            if (writes.isEmpty()) {
                return true;
            }
            boolean deleted = writes.get().delete(kind, namespace, name);
            awaitNotice(() -> find(kind, namespace, name).isEmpty());
            return deleted;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
                return false;
            }
            throw RpcFailure.of(e, "cannot delete " + kind + " " + name, PART, cluster);
        }
    }

    public List<LinkView> links() {
        return call("cannot list the links", admin -> admin.listLinks(ListLinksRequest.getDefaultInstance()))
                .getLinksList();
    }

    private static ObjectNode parse(String json) {
        return (ObjectNode) JsonMapper.shared().readTree(json);
    }
}
