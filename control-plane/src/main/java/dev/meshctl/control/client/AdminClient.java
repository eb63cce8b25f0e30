package dev.meshctl.control.client;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.AcceptLinkRequest;
import dev.meshctl.api.proto.admin.AcceptLinkResponse;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.ApplyResponse;
import dev.meshctl.api.proto.admin.CheckAccessRequest;
import dev.meshctl.api.proto.admin.CheckAccessResponse;
import dev.meshctl.api.proto.admin.ControlShiftRequest;
import dev.meshctl.api.proto.admin.ControlShiftResponse;
import dev.meshctl.api.proto.admin.CreateLinkTokenRequest;
import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.api.proto.admin.DeleteRequest;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListProxiesRequest;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.QueryTelemetryRequest;
import dev.meshctl.api.proto.admin.QueryTelemetryResponse;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The admin API of one control plane, over mTLS. Each call ends by its deadline. Calls throw {@link
 * io.grpc.StatusRuntimeException}, whose description is written for people; see {@code admin.proto} for the
 * codes.
 */
public final class AdminClient implements AutoCloseable {
    /** The deadline of a call unless another is given. */
    public static final Duration DEFAULT_DEADLINE = Duration.ofSeconds(10);

    private final ManagedChannel channel;
    private final Duration deadline;

    /**
     * Connects when the first call is made.
     *
     * @param trustDomain of the control plane, which must prove to be that of this trust domain
     * @param admin the admin identity of the same trust domain
     */
    public AdminClient(HostPort address, TrustDomain trustDomain, SvidSource admin, BundleSource bundles) {
        this(address, trustDomain, admin, bundles, DEFAULT_DEADLINE);
    }

    /** As the other constructor, with a deadline for each call. */
    public AdminClient(
            HostPort address, TrustDomain trustDomain, SvidSource admin, BundleSource bundles, Duration deadline) {
        SpiffeId server = SpiffeId.of(trustDomain, SystemIdentity.CONTROL_PLANE);
        this.channel = MeshChannel.builder(address, admin, bundles, server::equals, null).build();
        this.deadline = deadline;
    }

    /** The generated stub with the deadline set, for what has no method here. */
    public AdminGrpc.AdminBlockingStub stub() {
        return AdminGrpc.newBlockingStub(channel).withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Resources as JSON.
     *
     * @param kind as a user types it; empty: all
     * @param namespace empty: all
     * @param name empty: all; otherwise {@code NOT_FOUND} if there is none
     */
    public List<String> get(String kind, String namespace, String name) {
        GetResponse response = stub().get(
                GetRequest.newBuilder().setKind(kind).setNamespace(namespace).setName(name).build());
        return response.getResourcesList();
    }

    /**
     * Applies all of the resources or none.
     *
     * @param resources JSON
     * @param actor who does it, for the audit line
     */
    public ApplyResponse apply(List<String> resources, boolean dryRun, String actor) {
        return stub().apply(ApplyRequest.newBuilder()
                .addAllResources(resources).setDryRun(dryRun).setActor(actor).build());
    }

    public void delete(String kind, String namespace, String name, boolean dryRun, String actor) {
        var unused = stub().delete(DeleteRequest.newBuilder()
                .setKind(kind).setNamespace(namespace).setName(name).setDryRun(dryRun).setActor(actor).build());
    }

    public StatusResponse status() {
        return stub().status(StatusRequest.getDefaultInstance());
    }

    /** @param namespace empty: all but the mesh's own */
    public List<ServiceView> services(String namespace) {
        return stub().listServices(ListServicesRequest.newBuilder().setNamespace(namespace).build()).getServicesList();
    }

    public List<ProxyView> proxies() {
        return stub().listProxies(ListProxiesRequest.getDefaultInstance()).getProxiesList();
    }

    public CheckAccessResponse checkAccess(CheckAccessRequest request) {
        return stub().checkAccess(request);
    }

    public QueryTelemetryResponse telemetry(QueryTelemetryRequest request) {
        return stub().queryTelemetry(request);
    }

    /**
     * Makes a one-time link token. A secret: never log it.
     *
     * @param ttl zero: 15 minutes
     * @param forCluster empty: whoever presents it
     */
    public CreateLinkTokenResponse createLinkToken(Duration ttl, String forCluster) {
        return stub().createLinkToken(CreateLinkTokenRequest.newBuilder()
                .setTtlSeconds(Math.toIntExact(ttl.toSeconds())).setForCluster(forCluster).build());
    }

    public AcceptLinkResponse acceptLink(String token, boolean dryRun) {
        return stub().acceptLink(AcceptLinkRequest.newBuilder().setToken(token).setDryRun(dryRun).build());
    }

    public List<LinkView> links() {
        return stub().listLinks(ListLinksRequest.getDefaultInstance()).getLinksList();
    }

    public void removeLink(String peer) {
        var unused = stub().removeLink(RemoveLinkRequest.newBuilder().setPeer(peer).build());
    }

    /**
     * Pauses, resumes or rolls back a shift.
     *
     * @param action {@code pause}, {@code resume} or {@code rollback}
     * @return JSON of the TrafficShift afterwards
     */
    public String controlShift(String namespace, String name, String action) {
        ControlShiftResponse response = stub().controlShift(ControlShiftRequest.newBuilder()
                .setNamespace(namespace).setName(name).setAction(action).build());
        return response.getResource();
    }

    /** Ends the connection at once. */
    @Override
    public void close() {
        channel.shutdownNow();
    }
}
