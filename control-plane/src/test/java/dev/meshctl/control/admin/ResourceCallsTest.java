package dev.meshctl.control.admin;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.ApplyRequest;
import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.api.resource.Workload;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.registry.local.LocalRegistry;
import dev.meshctl.control.status.ResourceStates;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.daemon.Counters;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResourceCallsTest {
    private static final String SERVICE = "{apiVersion: meshctl.dev/v1alpha1, kind: Service, metadata: {name: payments, namespace: shop},"
            + " spec: {ports: [{name: http, port: 80}]}}";
    private static final String ROUTE = "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: payments, namespace: shop},"
            + " spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{name: payments}]}]}}";
    private static final String OTHER_ROUTE = ROUTE.replace("{name: payments, namespace", "{name: other, namespace");

    @TempDir
    Path directory;

    private final List<Workload> workloads = new ArrayList<>();
    private ResourceCalls calls;

    @BeforeEach
    void open() throws Exception {
        Counters counters = new Counters();
        InstantSource clock = InstantSource.system();
        TrustDomain own = new TrustDomain("west.mesh");
        FileStore store = new FileStore(directory.resolve("store"), clock, counters);
        LocalRegistry local = new LocalRegistry(directory.resolve("registry"), own, clock, s -> { }, counters);
        ImportRegistry imports = new ImportRegistry(directory.resolve("imports"), peer -> Optional.empty(), s -> { }, counters);
        MeshCatalog catalog = new MeshCatalog(store, local, imports);
        calls = new ResourceCalls(store, new Admission(store, catalog, own), new AuditLog(directory, clock, counters),
                new ResourceStates(store, catalog, catalog.ownOnly(), imports), Map.of(Kinds.WORKLOAD, () -> workloads));
        apply(SERVICE, ROUTE);
    }

    private void apply(String... yamls) throws Exception {
        ApplyRequest.Builder request = ApplyRequest.newBuilder();
        for (String yaml : yamls) {
            request.addResources(ResourceWriter.json(ResourceParser.parseOne("test", yaml, "shop")));
        }
        calls.apply(request.build(), "tester");
    }

    private GetResponse get(String kind, String knownDigest) throws Refused {
        return calls.get(GetRequest.newBuilder().setKind(kind).setKnownDigest(knownDigest).build());
    }

    @Test
    void resources_come_with_their_states_in_the_same_order() throws Exception {
        apply(OTHER_ROUTE);

        GetResponse routes = get("HTTPRoute", "");

        assertThat(routes.getResourcesList()).hasSize(2);
        assertThat(routes.getResources(0)).contains("\"other\"");
        assertThat(routes.getStatesList()).containsExactly("Accepted", "Accepted");
        assertThat(get("Service", "").getStatesList()).containsExactly("");
    }

    @Test
    void whoever_knows_the_digest_is_told_that_nothing_has_changed_and_no_more() throws Exception {
        String digest = get("HTTPRoute", "").getDigest();

        GetResponse again = get("HTTPRoute", digest);

        assertThat(again.getUnchanged()).isTrue();
        assertThat(again.getDigest()).isEqualTo(digest);
        assertThat(again.getResourcesList()).isEmpty();
        assertThat(again.getStatesList()).isEmpty();
    }

    @Test
    void another_resource_of_the_kind_makes_another_digest() throws Exception {
        String digest = get("HTTPRoute", "").getDigest();

        apply(OTHER_ROUTE);

        assertThat(get("HTTPRoute", digest).getResourcesList()).hasSize(2);
    }

    @Test
    void another_version_of_a_resource_makes_another_digest() throws Exception {
        String digest = get("HTTPRoute", "").getDigest();

        apply(ROUTE.replace("[{name: payments}]}]", "[{name: payments, weight: 7}]}]"));

        assertThat(get("HTTPRoute", digest).getUnchanged()).isFalse();
    }

    @Test
    void a_resource_without_a_version_makes_another_digest_by_what_it_says() throws Exception {
        workloads.add(workload(false));
        String digest = get("Workload", "").getDigest();
        assertThat(get("Workload", digest).getUnchanged()).isTrue();

        workloads.set(0, workload(true));

        GetResponse changed = get("Workload", digest);
        assertThat(changed.getUnchanged()).isFalse();
        assertThat(changed.getStatesList()).containsExactly("Ready");
    }

    private static Workload workload(boolean ready) {
        return new Workload(Metadata.of("payments-1", "shop"),
                new Workload.Spec("payments", "v1", "default", "spiffe://west.mesh/ns/shop/sa/default", "n1", "", 0, List.of()),
                new Workload.Status(ready, false, Optional.empty(), Optional.empty()));
    }
}
