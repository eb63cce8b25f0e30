package dev.meshctl.control.admin;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
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
import dev.meshctl.api.proto.admin.DeleteResponse;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.ListLinksRequest;
import dev.meshctl.api.proto.admin.ListLinksResponse;
import dev.meshctl.api.proto.admin.ListProxiesRequest;
import dev.meshctl.api.proto.admin.ListProxiesResponse;
import dev.meshctl.api.proto.admin.ListServicesRequest;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.QueryTelemetryRequest;
import dev.meshctl.api.proto.admin.QueryTelemetryResponse;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.api.proto.admin.RemoveLinkResponse;
import dev.meshctl.api.proto.admin.StatusRequest;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.distribute.ConfigDistributor;
import dev.meshctl.control.federation.GatewayAddresses;
import dev.meshctl.control.federation.GatewaySessions;
import dev.meshctl.control.federation.Links;
import dev.meshctl.control.registry.WorkloadRegistry;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.shift.ShiftAction;
import dev.meshctl.control.shift.ShiftController;
import dev.meshctl.control.shift.ShiftRefused;
import dev.meshctl.control.snapshot.SnapshotSource;
import dev.meshctl.control.status.ResourceStates;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.telemetry.TelemetryStore;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The admin API. The caller's identity has been checked to be the admin's of the own trust domain. */
public final class AdminService extends AdminGrpc.AdminImplBase {
    private final ResourceCalls resources;
    private final ServiceViews services;
    private final ProxyViews proxies;
    private final AccessCalls access;
    private final LinkCalls links;
    private final MeshStatus status;
    private final TelemetryStore telemetry;
    private final ShiftController shifts;
    private final AuditLog audit;
    private final Answer answer;

    /** The parts of the control plane that the API shows and changes. */
    public record Parts(
            TrustDomain own,
            ResourceStore store,
            WorkloadRegistry local,
            ImportRegistry imports,
            SnapshotSource source,
            ConfigDistributor distributor,
            Links links,
            GatewaySessions gateways,
            GatewayAddresses addresses,
            BundleSource bundles,
            MeshStatus status,
            TelemetryStore telemetry,
            ShiftController shifts,
            AuditLog audit,
            Counters counters) {}

    public AdminService(Parts parts) {
        MeshCatalog catalog = new MeshCatalog(parts.store(), parts.local(), parts.imports());
        DerivedResources derived = new DerivedResources(parts.local(), parts.imports());
        this.resources = new ResourceCalls(
                parts.store(),
                new Admission(parts.store(), catalog, parts.own()),
                parts.audit(),
                new ResourceStates(parts.store(), catalog, catalog.ownOnly(), parts.imports()),
                Map.of(
                        Kinds.WORKLOAD, derived::workloads,
                        Kinds.SERVICE_IMPORT, derived::imports,
                        Kinds.MESH_LINK, parts.gateways()::links));
        this.services = new ServiceViews(parts.source(), catalog);
        this.proxies = new ProxyViews(parts.local(), parts.distributor());
        this.access = new AccessCalls(parts.store(), catalog, parts.bundles());
        this.links = new LinkCalls(
                parts.links(), parts.gateways(), parts.addresses(), parts.imports(),
                () -> parts.bundles().current().of(parts.own()),
                () -> parts.distributor().current().exports().size());
        this.status = parts.status();
        this.telemetry = parts.telemetry();
        this.shifts = parts.shifts();
        this.audit = parts.audit();
        this.answer = new Answer(parts.counters());
    }

    private static String peer() {
        SpiffeId peer = MeshServer.PEER.get();
        return peer == null ? "unknown" : peer.toString();
    }

    @Override
    public void get(GetRequest request, StreamObserver<GetResponse> out) {
        answer.to(out, () -> resources.get(request));
    }

    @Override
    public void apply(ApplyRequest request, StreamObserver<ApplyResponse> out) {
        answer.to(out, () -> resources.apply(request, peer()));
    }

    @Override
    public void delete(DeleteRequest request, StreamObserver<DeleteResponse> out) {
        answer.to(out, () -> resources.delete(request, peer()));
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> out) {
        answer.to(out, status::response);
    }

    @Override
    public void listServices(ListServicesRequest request, StreamObserver<ListServicesResponse> out) {
        answer.to(out, () -> services.list(request));
    }

    @Override
    public void listProxies(ListProxiesRequest request, StreamObserver<ListProxiesResponse> out) {
        answer.to(out, proxies::list);
    }

    @Override
    public void checkAccess(CheckAccessRequest request, StreamObserver<CheckAccessResponse> out) {
        answer.to(out, () -> access.check(request));
    }

    @Override
    public void queryTelemetry(QueryTelemetryRequest request, StreamObserver<QueryTelemetryResponse> out) {
        answer.to(out, () -> query(request));
    }

    private QueryTelemetryResponse query(QueryTelemetryRequest request) throws Refused {
        try {
            Optional<ServiceName> service =
                    request.getService().isEmpty() ? Optional.empty() : Optional.of(ServiceName.parse(request.getService()));
            return telemetry.query(service, Duration.ofSeconds(Integer.toUnsignedLong(request.getLastSeconds())),
                    direction(request.getDirection()));
        } catch (IllegalArgumentException e) {
            throw Refused.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static Optional<Direction> direction(String word) throws Refused {
        return switch (word) {
            case "" -> Optional.empty();
            case "inbound" -> Optional.of(Direction.INBOUND);
            case "outbound" -> Optional.of(Direction.OUTBOUND);
            default -> throw Refused.invalid("direction \"" + word + "\" is neither inbound nor outbound");
        };
    }

    @Override
    public void createLinkToken(CreateLinkTokenRequest request, StreamObserver<CreateLinkTokenResponse> out) {
        answer.to(out, () -> links.create(request, peer()));
    }

    @Override
    public void acceptLink(AcceptLinkRequest request, StreamObserver<AcceptLinkResponse> out) {
        answer.to(out, () -> links.accept(request, peer()));
    }

    @Override
    public void listLinks(ListLinksRequest request, StreamObserver<ListLinksResponse> out) {
        answer.to(out, links::list);
    }

    @Override
    public void removeLink(RemoveLinkRequest request, StreamObserver<RemoveLinkResponse> out) {
        answer.to(out, () -> links.remove(request, peer()));
    }

    @Override
    public void controlShift(ControlShiftRequest request, StreamObserver<ControlShiftResponse> out) {
        answer.to(out, () -> control(request));
    }

    private ControlShiftResponse control(ControlShiftRequest request) throws Refused, ShiftRefused, IOException {
        ShiftAction action = ShiftAction.parse(request.getAction()).orElseThrow(() -> Refused.invalid(
                "action \"" + request.getAction() + "\" is none of pause, resume, rollback"));
        TrafficShift shift = shifts.control(request.getNamespace(), request.getName(), action);
        audit.record(peer(), request.getAction(), shift.key().toString());
        return ControlShiftResponse.newBuilder().setResource(ResourceWriter.json(shift)).build();
    }
}
