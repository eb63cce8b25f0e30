package dev.meshctl.cli.testing;

import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.ApplyResponse;
import dev.meshctl.api.proto.admin.ApplyResult;
import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.CheckAccessResponse;
import dev.meshctl.api.proto.admin.DeleteRequest;
import dev.meshctl.api.proto.admin.DeleteResponse;
import dev.meshctl.api.proto.admin.GatewayView;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListLinksResponse;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ResourceWriter;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A control plane in memory: payments.shop runs here in v1 and v2. Resources are parsed as the real one parses
 * them, so that what commands write is known to be valid. A shift ends as {@link #shiftEnds} says, at once.
 */
public final class FakeControlPlane extends AdminGrpc.AdminImplBase {
    private final Map<ResourceKey, Resource> resources = new TreeMap<>();
    private final List<LinkView> links = new ArrayList<>();
    private final String shiftEnds;
    private boolean away;
    private int unchanged;
    private int refused;

    /** @param shiftEnds the phase of every shift that is read */
    public FakeControlPlane(String shiftEnds) {
        this.shiftEnds = shiftEnds;
    }

    @Override
    public synchronized void listServices(ListServicesRequest request, StreamObserver<ListServicesResponse> answer) {
        ServiceSource here = ServiceSource.newBuilder().setCluster("west").setLocal(true)
                .addVersions(VersionView.newBuilder().setVersion("v1").setReady(2).setTotal(2).setWeightPercent(100))
                .addVersions(VersionView.newBuilder().setVersion("v2").setReady(1).setTotal(1))
                .build();
        boolean exported = resources.keySet().stream().anyMatch(key -> key.kind().equals("ServiceExport"));
        answer.onNext(ListServicesResponse.newBuilder().addServices(ServiceView.newBuilder()
                .setName("payments").setNamespace("shop").addPorts(80).setExported(exported).addSources(here)).build());
        answer.onCompleted();
    }

    @Override
    public synchronized void get(GetRequest request, StreamObserver<GetResponse> answer) {
        if (away) {
            refused++;
            answer.onError(Status.UNAVAILABLE.withDescription("it is being replaced").asRuntimeException());
            return;
        }
        GetResponse.Builder found = GetResponse.newBuilder();
        resources.forEach((key, resource) -> {
            if (key.kind().equals(request.getKind())
                    && (request.getNamespace().isEmpty() || key.namespace().equals(request.getNamespace()))
                    && (request.getName().isEmpty() || key.name().equals(request.getName()))) {
                found.addResources(json(resource)).addStates(state(resource));
            }
        });
        if (found.getResourcesCount() == 0 && !request.getName().isEmpty()) {
            answer.onError(Status.NOT_FOUND.withDescription("no such resource").asRuntimeException());
            return;
        }
        String digest = Integer.toHexString(found.getResourcesList().hashCode());
        boolean known = digest.equals(request.getKnownDigest());
        unchanged += known ? 1 : 0;
        answer.onNext((known ? GetResponse.newBuilder().setUnchanged(true) : found).setDigest(digest).build());
        answer.onCompleted();
    }

    /** Answers no {@code get} from now on, or does again. */
    public synchronized void setAway(boolean away) {
        this.away = away;
    }

    /** How often somebody was told that nothing has changed. */
    public synchronized int unchanged() {
        return unchanged;
    }

    /** How often somebody has asked while it was away. */
    public synchronized int refused() {
        return refused;
    }

    private String state(Resource resource) {
        return switch (resource.kind()) {
            case "TrafficShift" -> shiftEnds;
            case "ServiceExport" -> "Valid";
            default -> "Accepted";
        };
    }

    private String json(Resource resource) {
        String json = ResourceWriter.json(resource);
        if (!resource.kind().equals("TrafficShift")) {
            return json;
        }
        String status = "\"status\":{\"phase\":\"" + shiftEnds + "\",\"weight\":0,\"reason\":\"told so\"}";
        return json.replaceAll("\"status\":\\{.*", "").replaceAll("[},]*$", "") + "}," + status + "}";
    }

    @Override
    public synchronized void apply(ApplyRequest request, StreamObserver<ApplyResponse> answer) {
        ApplyResponse.Builder response = ApplyResponse.newBuilder();
        try {
            for (String text : request.getResourcesList()) {
                Resource resource = ResourceParser.parseOne("request", text, "default");
                ResourceKey key = resource.key();
                if (resource instanceof HttpRoute route && route.spec().parentRefs().stream().anyMatch(p -> !p.name().equals("payments"))) {
                    answer.onError(Status.INVALID_ARGUMENT.withDescription(
                            key + ": spec.parentRefs[0].name: there is no service here; start it first").asRuntimeException());
                    return;
                }
                boolean known = resources.containsKey(key);
                if (!request.getDryRun()) {
                    resources.put(key, resource);
                }
                response.addResults(ApplyResult.newBuilder().setKind(key.kind()).setNamespace(key.namespace())
                        .setName(key.name()).setAction(known ? "configured" : "created"));
            }
            answer.onNext(response.build());
            answer.onCompleted();
        } catch (InvalidResource e) {
            answer.onError(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
        }
    }

    @Override
    public synchronized void delete(DeleteRequest request, StreamObserver<DeleteResponse> answer) {
        if (resources.remove(new ResourceKey(request.getKind(), request.getNamespace(), request.getName())) == null) {
            answer.onError(Status.NOT_FOUND.asRuntimeException());
            return;
        }
        answer.onNext(DeleteResponse.getDefaultInstance());
        answer.onCompleted();
    }

    /** In the pod {@code control-plane-1}, a little newer than its gateway. */
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
        answer.onNext(StatusResponse.newBuilder().setCluster("west").setTrustDomain("west.mesh").setVersion("1.4.2")
                .setNode("control-plane-1").addGateways(GatewayView.newBuilder().setNode("federation-gateway-1").setVersion("1.4.1"))
                .build());
        answer.onCompleted();
    }

    /** Linked with another mesh from now on. */
    public FakeControlPlane with(LinkView link) {
        links.add(link);
        return this;
    }

    /** Linked with nobody unless told so. */
    @Override
    public void listLinks(ListLinksRequest request, StreamObserver<ListLinksResponse> answer) {
        answer.onNext(ListLinksResponse.newBuilder().addAllLinks(links).build());
        answer.onCompleted();
    }

    @Override
    public void checkAccess(CheckAccessRequest request, StreamObserver<CheckAccessResponse> answer) {
        boolean allowed = request.getSourceIdentity().equals("spiffe://west.mesh/ns/shop/sa/orders");
        answer.onNext(CheckAccessResponse.newBuilder().setAllowed(allowed)
                .setPolicy("shop/only-orders").setReason(allowed
                        ? "allowed by policy shop/only-orders" : "not allowed by any of: shop/only-orders").build());
        answer.onCompleted();
    }
}
