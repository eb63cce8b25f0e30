package dev.meshctl.control.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.AddressedWorkload;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.HostedWorkload;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.WorkloadPort;
import dev.meshctl.control.policy.CompiledRoutes;
import dev.meshctl.control.registry.federation.ImportedService;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SnapshotBuilderTest {
    private static final ServiceName CATALOG = new ServiceName("catalog", "shop");
    private static final SortedMap<String, CompiledRoutes> NO_CONSUMERS = Collections.emptySortedMap();
    private static final ServiceName ORDERS = new ServiceName("orders", "shop");
    private static final String LOCAL = "catalog.shop.svc.cluster.local";
    private static final String SET = "catalog.shop.svc.clusterset.local";

    private final Map<ServiceName, ServiceInputs> inputs = new HashMap<>();
    private final Set<ServiceName> broken = new HashSet<>();
    private final Counters counters = new Counters();
    private Optional<HostPort> gateway = Optional.of(new HostPort("127.1.0.3", 15443));
    private final SnapshotBuilder builder = new SnapshotBuilder(new SnapshotSource() {
        @Override
        public Set<ServiceName> services() {
            return inputs.keySet();
        }

        @Override
        public Optional<ServiceInputs> service(ServiceName name) {
            if (broken.contains(name)) {
                throw new IllegalStateException("as a bug would");
            }
            return Optional.ofNullable(inputs.get(name));
        }

        @Override
        public ClusterView cluster() {
            return new ClusterView("west", gateway, "eu", "a");
        }

        @Override
        public List<ConfigResource> meshWide() {
            return List.of();
        }
    }, counters);

    private static HostedWorkload workload(String id, String version, boolean ready) {
        return HostedWorkload.newBuilder()
                .setId(id).setService("catalog").setNamespace("shop").setVersion(version)
                .setSpiffeId("spiffe://west.mesh/ns/shop/sa/catalog")
                .setInboundAddress("127.1.5.1").setInboundPort(15006).setReady(ready)
                .addPorts(WorkloadPort.newBuilder().setServicePort(80).setAppPort(9000).setProtocol("http1"))
                .build();
    }

    private static ImportedService imported(boolean stale, HttpRoute... routes) {
        return new ImportedService("east", stale, ExportedService.newBuilder()
                .setName("catalog").setNamespace("shop").setCluster("east")
                .addPorts(ExportedPort.newBuilder().setNumber(80).setProtocol("http1"))
                .addVersions(ExportedVersion.newBuilder().setVersion("v1").setReady(2).setTotal(3)
                        .addIdentities("spiffe://east.mesh/ns/shop/sa/catalog"))
                .setHttpRoutes(Service.newBuilder().addAllHttpRoutes(List.of(routes)).build().toByteString())
                .build());
    }

    private void catalog(boolean global, boolean exported, List<HostedWorkload> own, List<ImportedService> imports, HttpRoute... routes) {
        inputs.put(CATALOG, new ServiceInputs(CATALOG, false, List.of(), global, exported, false, List.of(), own, imports,
                new CompiledRoutes(List.of(routes), List.of()), NO_CONSUMERS,
                Optional.empty(), Access.newBuilder().setService("catalog.shop").build()));
    }

    private List<Endpoint> endpoints(String host) {
        return builder.current().get(ConfigType.ENDPOINTS, host).map(r -> r.message(Endpoints.parser()).getEndpointsList())
                .orElseThrow();
    }

    private Service service(String host) {
        return builder.current().get(ConfigType.SERVICE, host).orElseThrow().message(Service.parser());
    }

    private static HttpRoute route(String id, String host, String version) {
        return HttpRoute.newBuilder().setId(id)
                .addBackends(Backend.newBuilder().setHost(host).setVersion(version).setWeight(1)).build();
    }

    @Test
    void each_host_reaches_as_far_as_its_name_says() {
        catalog(false, false, List.of(workload("a", "v1", true)), List.of(imported(false)));
        builder.all();

        assertThat(endpoints(LOCAL)).extracting(Endpoint::getCluster).containsExactly("west");
        assertThat(endpoints(SET)).as("the own one is not exported").extracting(Endpoint::getCluster).containsExactly("east");
        assertThat(endpoints("catalog.shop.svc.east.mesh")).extracting(Endpoint::getCluster).containsExactly("east");
        assertThat(endpoints("catalog.shop.svc.west.mesh")).extracting(Endpoint::getCluster).containsExactly("west");

        catalog(true, true, List.of(workload("a", "v1", true)), List.of(imported(false)));
        builder.all();
        assertThat(endpoints(LOCAL)).extracting(Endpoint::getCluster).containsExactly("west", "east");
        assertThat(endpoints(SET)).extracting(Endpoint::getCluster).containsExactly("west", "east");
    }

    @Test
    void a_service_that_cannot_be_compiled_costs_the_others_nothing_and_keeps_what_it_had() {
        catalog(true, true, List.of(workload("a", "v1", true)), List.of());
        builder.all();
        inputs.put(ORDERS, new ServiceInputs(ORDERS, false, List.of(), true, false, false, List.of(),
                List.of(workload("o", "v1", true)), List.of(), new CompiledRoutes(List.of(), List.of()), NO_CONSUMERS,
                Optional.empty(), Access.newBuilder().setService("orders.shop").build()));
        catalog(true, true, List.of(workload("a", "v1", true), workload("b", "v1", true)), List.of());
        broken.add(CATALOG);

        builder.rebuild(Set.of(CATALOG, ORDERS));

        assertThat(endpoints("orders.shop.svc.cluster.local")).hasSize(1);
        assertThat(endpoints(LOCAL)).hasSize(1);
        assertThat(builder.current().exports()).containsOnlyKeys("catalog.shop");
        assertThat(counters.count("service_not_compiled")).isEqualTo(1);

        broken.clear();
        builder.rebuild(Set.of());
        assertThat(endpoints(LOCAL)).hasSize(2);
    }

    @Test
    void an_import_is_reached_through_the_own_gateway_by_the_name_of_the_remote_service() {
        catalog(false, false, List.of(), List.of(imported(false)));
        builder.all();

        assertThat(endpoints(SET)).containsExactly(Endpoint.newBuilder()
                .setId("east/v1").setAddress("127.1.0.3").setPort(15443).setVersion("v1").setWeight(2).setCluster("east")
                .setViaGateway(true).setHealth(Health.HEALTHY).addIdentities("spiffe://east.mesh/ns/shop/sa/catalog")
                .setSniSuffix("catalog.shop.east.mesh").addPorts(80).setMode("mtls").build());
        assertThat(builder.current().get(ConfigType.SERVICE, LOCAL)).as("nothing of this cluster").isEmpty();
        assertThat(builder.current().get(ConfigType.ACCESS, "catalog.shop")).isEmpty();

        gateway = Optional.empty();
        builder.rebuild(Set.of());
        assertThat(endpoints(SET)).isEmpty();
    }

    @Test
    void endpoints_say_how_they_are() {
        HostedWorkload draining = workload("c", "v1", true).toBuilder().setDraining(true).build();
        catalog(true, false, List.of(workload("a", "v1", true), workload("b", "v2", false), draining), List.of(imported(true)));
        builder.all();

        assertThat(endpoints(LOCAL)).extracting(Endpoint::getHealth)
                .containsExactly(Health.HEALTHY, Health.UNHEALTHY, Health.DRAINING, Health.STALE);
        assertThat(service(LOCAL).getVersionsList()).containsExactly("v1", "v2");
        assertThat(service(LOCAL).getPorts(0).getNumber()).isEqualTo(80);
    }

    @Test
    void routes_travel_with_an_import_until_the_own_cluster_has_routes() {
        HttpRoute theirs = route("shop/catalog/0", "", "v1");
        catalog(false, false, List.of(), List.of(imported(false, theirs)));
        builder.all();
        assertThat(service(SET).getHttpRoutesList()).containsExactly(theirs);

        HttpRoute own = route("shop/own/0", "", "v2");
        catalog(false, false, List.of(), List.of(imported(false, theirs)), own);
        builder.all();
        assertThat(service(SET).getHttpRoutesList()).containsExactly(own);
        assertThat(service("catalog.shop.svc.east.mesh").getHttpRoutesList()).containsExactly(own);
    }

    @Test
    void a_backend_that_the_exporting_cluster_calls_its_own_stays_there() {
        catalog(false, false, List.of(), List.of(imported(false, route("shop/r/0", "stock.shop.svc.cluster.local", ""))));
        builder.all();

        assertThat(service(SET).getHttpRoutes(0).getBackends(0).getHost()).isEqualTo("stock.shop.svc.east.mesh");
    }

    private static ConnectionRoute connection(String id, String host) {
        return ConnectionRoute.newBuilder().setId(id).setTls(true).addServerNames("a.example")
                .addBackends(Backend.newBuilder().setHost(host).setWeight(1)).build();
    }

    private void routed(List<ImportedService> imports, CompiledRoutes routes) {
        inputs.put(CATALOG, new ServiceInputs(CATALOG, false, List.of(), false, true, false, List.of(),
                List.of(workload("a", "v1", true)), imports, routes, NO_CONSUMERS, Optional.empty(), Access.getDefaultInstance()));
        builder.all();
    }

    @Test
    void routes_of_connections_travel_as_those_of_requests_do() throws Exception {
        ConnectionRoute theirs = connection("shop/theirs/0", "stock.shop.svc.cluster.local");
        ImportedService imported = new ImportedService("east", false, imported(false).service().toBuilder()
                .setHttpRoutes(Service.newBuilder().addConnectionRoutes(theirs).build().toByteString()).build());

        routed(List.of(imported), CompiledRoutes.NONE);
        assertThat(service("catalog.shop.svc.east.mesh").getConnectionRoutes(0)).as("its backend stays where it is")
                .isEqualTo(connection("shop/theirs/0", "stock.shop.svc.east.mesh"));

        ConnectionRoute own = connection("shop/own/0", "");
        routed(List.of(imported), new CompiledRoutes(List.of(), List.of(own)));
        assertThat(service(SET).getConnectionRoutesList()).containsExactly(own);
        LocalExport export = builder.current().exports().get("catalog.shop");
        assertThat(Service.parseFrom(export.getService().getHttpRoutes()).getConnectionRoutesList()).containsExactly(own);
    }

    @Test
    void an_export_offers_versions_with_their_readiness_and_targets() throws Exception {
        HttpRoute split = route("shop/catalog/0", "", "v1");
        catalog(false, true, List.of(workload("a", "v1", true), workload("b", "v1", false)), List.of(), split);
        assertThat(builder.all().exportsChanged()).isTrue();

        LocalExport export = builder.current().exports().get("catalog.shop");
        assertThat(export.getService().getVersionsList()).singleElement().satisfies(v -> {
            assertThat(v.getReady()).isEqualTo(1);
            assertThat(v.getTotal()).isEqualTo(2);
            assertThat(v.getIdentitiesList()).containsExactly("spiffe://west.mesh/ns/shop/sa/catalog");
        });
        assertThat(Service.parseFrom(export.getService().getHttpRoutes()).getHttpRoutesList()).containsExactly(split);
        assertThat(export.getTargetsList()).extracting(t -> t.getReady()).containsExactly(true, false);
        assertThat(builder.all().exportsChanged()).isFalse();
    }

    @Test
    void a_change_compiles_and_names_only_what_it_concerns() {
        catalog(false, false, List.of(workload("a", "v1", true)), List.of());
        inputs.put(ORDERS, new ServiceInputs(ORDERS, true, List.of(), false, false, false, List.of(), List.of(), List.of(), CompiledRoutes.NONE, NO_CONSUMERS,
                Optional.empty(), Access.getDefaultInstance()));
        builder.all();
        ConfigResource orders = builder.current().get(ConfigType.SERVICE, "orders.shop.svc.cluster.local").orElseThrow();
        long before = builder.servicesCompiled();

        catalog(false, false, List.of(workload("a", "v1", false)), List.of());
        Snapshot.Update update = builder.rebuild(Set.of(CATALOG));

        assertThat(update.changed()).containsExactlyInAnyOrder(
                new ConfigKey(ConfigType.ENDPOINTS, LOCAL), new ConfigKey(ConfigType.ENDPOINTS, "catalog.shop.svc.west.mesh"));
        assertThat(builder.servicesCompiled() - before).isEqualTo(1);
        assertThat(builder.current().get(orders.key()).orElseThrow()).isSameAs(orders);
        assertThat(builder.rebuild(Set.of(CATALOG, ORDERS)).isEmpty()).isTrue();
    }

    @Test
    void a_service_that_is_gone_takes_its_hosts_along() {
        catalog(false, true, List.of(workload("a", "v1", true)), List.of());
        builder.all();
        List<ConfigKey> keys = new ArrayList<>(builder.current().resources().keySet());

        inputs.clear();
        Snapshot.Update update = builder.rebuild(Set.of(CATALOG));

        assertThat(update.changed()).containsExactlyInAnyOrderElementsOf(keys);
        assertThat(update.snapshot().resources()).isEmpty();
        assertThat(update.snapshot().exports()).isEmpty();
    }

    @Test
    void equal_content_has_equal_versions_in_every_process() {
        catalog(false, false, List.of(workload("a", "v1", true), workload("b", "v1", true)), List.of());
        String version = builder.all().snapshot().get(ConfigType.ENDPOINTS, LOCAL).orElseThrow().version();
        catalog(false, false, List.of(workload("b", "v1", true), workload("a", "v1", true)), List.of());

        assertThat(builder.all().isEmpty()).isTrue();
        assertThat(version).hasSize(32);
    }

    private void service(ServiceName name, String address) {
        HostedWorkload pod = workload("pod-1", "v1", true).toBuilder()
                .setService(name.name()).setInboundAddress(address).build();
        inputs.put(name, new ServiceInputs(name, false, List.of(), false, false, false, List.of(), List.of(pod), List.of(), CompiledRoutes.NONE, NO_CONSUMERS,
                Optional.empty(), Access.newBuilder().setService(name.toString()).build()));
    }

    private Optional<AddressedWorkload> at(String address) {
        return builder.current().get(ConfigType.ADDRESS, address)
                .map(resource -> resource.message(Address.parser()).getWorkload());
    }

    @Test
    void a_workloads_own_address_says_what_runs_there_but_a_loopback_address_says_nothing() {
        service(CATALOG, "fd00:0:0::7");
        builder.all();

        AddressedWorkload workload = at("fd00::7").orElseThrow();
        assertThat(workload.getService()).isEqualTo("catalog");
        assertThat(workload.getVersion()).isEqualTo("v1");
        assertThat(workload.getPorts(0).getServicePort()).isEqualTo(80);
        assertThat(workload.getPorts(0).getAppPort()).isEqualTo(9000);
        assertThat(workload.getPorts(0).getProtocol()).isEqualTo(Protocol.HTTP1);

        service(CATALOG, "127.1.5.1");
        builder.all();
        assertThat(builder.current().resources().keySet()).noneMatch(key -> key.type() == ConfigType.ADDRESS);
    }

    @Test
    void a_workload_of_two_services_is_of_the_first_by_name_until_that_one_goes() {
        service(CATALOG, "10.1.0.7");
        service(ORDERS, "10.1.0.7");
        builder.all();
        assertThat(at("10.1.0.7").orElseThrow().getService()).isEqualTo("catalog");

        inputs.remove(CATALOG);
        builder.all();
        assertThat(at("10.1.0.7").orElseThrow().getService()).isEqualTo("orders");

        inputs.remove(ORDERS);
        builder.all();
        assertThat(at("10.1.0.7")).isEmpty();
    }

    @Test
    void a_virtual_ip_leads_to_the_host_it_stands_for() {
        ConfigResource resource = AddressResources.virtualIp("10.96.0.7", LOCAL).orElseThrow();

        assertThat(resource.key()).isEqualTo(new ConfigKey(ConfigType.ADDRESS, "10.96.0.7"));
        assertThat(resource.message(Address.parser()).getHost()).isEqualTo(LOCAL);
        assertThat(AddressResources.virtualIp("None", LOCAL)).isEmpty();
    }

    @Test
    void a_namespace_is_told_of_its_own_consumer_routes_and_of_nobody_elses() {
        HttpRoute own = HttpRoute.newBuilder().setId("shop/catalog/0").build();
        inputs.put(CATALOG, new ServiceInputs(CATALOG, true, List.of(), false, true, false, List.of("10.0.0.9"), List.of(), List.of(),
                new CompiledRoutes(List.of(own), List.of()), new TreeMap<>(Map.of("web", consumer("web/c/0", 0), "batch", consumer("batch/c/0", 80))),
                Optional.empty(), Access.getDefaultInstance()));
        builder.all();

        ConfigResource whole = builder.current().get(ConfigType.SERVICE, LOCAL).orElseThrow();

        assertThat(consumers(whole)).containsOnlyKeys("batch", "web");
        assertThat(consumers(whole.seenFrom("web"))).isEqualTo(Map.of("web", List.of("web/c/0")));
        assertThat(consumers(whole.seenFrom("batch"))).as("those of the producer stay on the other ports")
                .isEqualTo(Map.of("batch", List.of("batch/c/0", "shop/catalog/0")));
        assertThat(consumers(whole.seenFrom("shop"))).isEmpty();
        assertThat(whole.seenFrom("shop").message(Service.parser()).getHttpRoutesList()).containsExactly(own);
        assertThat(whole.seenFrom("web").version()).isNotEqualTo(whole.seenFrom("shop").version());
        assertThat(consumers(builder.current().get(ConfigType.SERVICE, SET).orElseThrow())).as("each host of it")
                .containsOnlyKeys("batch", "web");
        assertThat(builder.current().exports().get("catalog.shop").getService().getHttpRoutes().toStringUtf8())
                .as("what a namespace here does is nothing for other clusters").doesNotContain("web/c/0");
    }

    private static CompiledRoutes consumer(String id, int port) {
        HttpRoute.Builder route = HttpRoute.newBuilder().setId(id);
        if (port != 0) {
            route.addMatches(RouteMatch.newBuilder().setPort(port));
        }
        return new CompiledRoutes(List.of(route.build()), List.of());
    }

    private static Map<String, List<String>> consumers(ConfigResource resource) {
        Map<String, List<String>> routes = new TreeMap<>();
        resource.message(Service.parser()).getConsumersList().forEach(
                c -> routes.put(c.getNamespace(), c.getHttpRoutesList().stream().map(HttpRoute::getId).toList()));
        return routes;
    }
}
