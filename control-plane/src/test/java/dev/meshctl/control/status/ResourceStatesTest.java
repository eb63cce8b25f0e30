package dev.meshctl.control.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ServiceImport;
import dev.meshctl.api.resource.Workload;
import dev.meshctl.control.admin.MeshCatalog;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.local.LocalRegistry;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.daemon.Counters;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a cluster whose resources nobody writes conditions of. Service payments.shop is there, with port 80. */
class ResourceStatesTest {
    @TempDir
    Path directory;

    private final Counters counters = new Counters();
    private FileStore store;
    private ImportRegistry imports;
    private ResourceStates states;

    @BeforeEach
    void open() throws Exception {
        InstantSource clock = InstantSource.system();
        TrustDomain own = new TrustDomain("west.mesh");
        store = new FileStore(directory.resolve("store"), clock, counters);
        LocalRegistry local = new LocalRegistry(directory.resolve("registry"), own, clock, s -> { }, counters);
        imports = new ImportRegistry(directory.resolve("imports"), peer -> Optional.of(new TrustDomain(peer + ".mesh")), s -> { }, counters);
        MeshCatalog catalog = new MeshCatalog(store, local, imports);
        states = new ResourceStates(store, catalog, catalog.ownOnly(), imports);
        write("{apiVersion: meshctl.dev/v1alpha1, kind: Service, metadata: {name: payments, namespace: shop},"
                + " spec: {ports: [{name: http, port: 80, protocol: http1}]}}");
    }

    private void write(String... yamls) throws Exception {
        List<Change> changes = new ArrayList<>();
        for (String yaml : yamls) {
            changes.add(new Change.Put(ResourceParser.parseOne("test", yaml, "shop")));
        }
        store.write(changes);
    }

    private String stateOf(String kind, String name) {
        return states.now().apply(store.get(new ResourceKey(kind, "shop", name)).orElseThrow());
    }

    private static String route(String name, String parents, String backend) {
        return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: %s, namespace: shop}, spec: {parentRefs: [%s], rules: [{backendRefs: [{name: %s}]}]}}"
                .formatted(name, parents, backend);
    }

    @Test
    void routes_say_of_each_parent_what_their_conditions_would_say() throws Exception {
        write(route("good", "{name: payments}", "payments"),
                route("bad", "{name: payments}", "refunds"),
                route("half", "{name: payments}, {name: refunds}", "payments"));

        assertThat(stateOf("HTTPRoute", "good")).isEqualTo("Accepted");
        assertThat(stateOf("HTTPRoute", "bad")).isEqualTo("BackendNotFound");
        assertThat(stateOf("HTTPRoute", "half")).isEqualTo("Accepted,NoMatchingParent");
    }

    @Test
    void of_two_policies_for_a_service_the_later_one_says_that_it_has_no_effect() throws Exception {
        write("{apiVersion: meshctl.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: a, namespace: shop}, spec: {service: payments}}",
                "{apiVersion: meshctl.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: b, namespace: shop}, spec: {service: payments}}",
                "{apiVersion: meshctl.dev/v1alpha1, kind: AccessPolicy, metadata: {name: c, namespace: shop}, spec: {service: refunds, action: Allow, rules: [{}]}}");

        assertThat(stateOf("TrafficPolicy", "a")).isEqualTo("Accepted");
        assertThat(stateOf("TrafficPolicy", "b")).isEqualTo("Conflicted");
        assertThat(stateOf("AccessPolicy", "c")).isEqualTo("TargetNotFound");
    }

    @Test
    void exports_say_whether_there_is_a_service_and_whether_others_export_it_otherwise() throws Exception {
        write("{apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceExport, metadata: {name: payments, namespace: shop}}",
                "{apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceExport, metadata: {name: refunds, namespace: shop}}");
        assertThat(stateOf("ServiceExport", "payments")).isEqualTo("Valid");
        assertThat(stateOf("ServiceExport", "refunds")).isEqualTo("NoService");

        imports.update(PeerImports.newBuilder().setPeer("east").addServices(ExportedService.newBuilder()
                .setName("payments").setNamespace("shop").setCluster("east").setResourceVersion("1")
                .addPorts(ExportedPort.newBuilder().setNumber(81).setName("http"))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(1).setTotal(1)
                        .addIdentities("spiffe://east.mesh/ns/shop/sa/payments"))).build());

        assertThat(stateOf("ServiceExport", "payments")).isEqualTo("PortConflict");
    }

    @Test
    void shifts_and_links_say_their_phase() throws Exception {
        write("{apiVersion: meshctl.dev/v1alpha1, kind: TrafficShift, metadata: {name: payments, namespace: shop},"
                + " spec: {service: payments, from: v1, to: v2, steps: [10]}, status: {phase: Progressing}}");

        assertThat(stateOf("TrafficShift", "payments")).isEqualTo("Progressing");
    }

    @Test
    void a_service_that_has_no_conditions_says_nothing() {
        assertThat(stateOf("Service", "payments")).isEmpty();
    }

    @Test
    void an_import_is_stale_when_all_its_clusters_are_away_and_not_ready_when_nothing_runs_in_the_others() {
        assertThat(imported(cluster("east", false, 2), cluster("north", true, 0))).isEqualTo("Ready");
        assertThat(imported(cluster("east", false, 0), cluster("north", true, 2))).isEqualTo("NotReady");
        assertThat(imported(cluster("east", true, 2), cluster("north", true, 2))).isEqualTo("Stale");
    }

    private String imported(ServiceImport.Cluster... clusters) {
        return states.now().apply(new ServiceImport(Metadata.of("payments", "shop"),
                new ServiceImport.Spec(ServiceImport.Type.CLUSTER_SET_IP, List.of()), new ServiceImport.Status(List.of(clusters))));
    }

    private static ServiceImport.Cluster cluster(String name, boolean stale, int ready) {
        return new ServiceImport.Cluster(name, stale, OptionalInt.of(ready), List.of());
    }

    @Test
    void a_workload_that_ends_is_draining_whether_it_is_ready_or_not() {
        assertThat(workload(true, false)).isEqualTo("Ready");
        assertThat(workload(false, false)).isEqualTo("NotReady");
        assertThat(workload(true, true)).isEqualTo("Draining");
    }

    private String workload(boolean ready, boolean draining) {
        Resource workload = new Workload(Metadata.of("payments-1", "shop"),
                new Workload.Spec("payments", "v1", "default", "spiffe://west.mesh/ns/shop/sa/default", "n1", "", 0, List.of()),
                new Workload.Status(ready, draining, Optional.empty(), Optional.empty()));
        return states.now().apply(workload);
    }
}
