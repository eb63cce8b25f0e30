package dev.meshctl.control.distribute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.api.proto.xds.DeltaDiscoveryResponse;
import dev.meshctl.control.snapshot.ConfigKey;
import dev.meshctl.control.snapshot.ConfigResource;
import dev.meshctl.control.snapshot.ConfigType;
import dev.meshctl.control.snapshot.Snapshot;
import dev.meshctl.control.snapshot.TestResources;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Context;
import io.grpc.Status;
import java.time.InstantSource;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConfigDistributorTest {
    private static final String PAYMENTS = "payments.shop.svc.cluster.local";
    private static final String ORDERS = "orders.shop.svc.cluster.local";

    private final Counters counters = new Counters();
    private final Map<ConfigKey, ConfigResource> resources = new HashMap<>();
    private long version;
    private final ConfigDistributor distributor = new ConfigDistributor(
            snapshot(), Runnable::run, InstantSource.system(), counters);

    private Snapshot snapshot() {
        return new Snapshot(++version, Map.copyOf(resources), Collections.emptySortedMap());
    }

    private ConfigResource endpoints(String host, int port) {
        return ConfigResource.of(ConfigType.ENDPOINTS, host, Endpoints.newBuilder()
                .setHost(host).addEndpoints(Endpoint.newBuilder().setId("a").setPort(port)).build());
    }

    private void publish(ConfigResource... changed) {
        Set<ConfigKey> keys = new HashSet<>();
        for (ConfigResource resource : changed) {
            resources.put(resource.key(), resource);
            keys.add(resource.key());
        }
        distributor.publish(new Snapshot.Update(snapshot(), keys, false));
    }

    private void remove(ConfigType type, String name) {
        resources.remove(new ConfigKey(type, name));
        distributor.publish(new Snapshot.Update(snapshot(), Set.of(new ConfigKey(type, name)), false));
    }

    private TypeSync sync(String node, ConfigType type) {
        return distributor.connected(node).orElseThrow().types().stream()
                .filter(t -> t.getType().equals(type.label())).findFirst().orElseThrow();
    }

    @Test
    void a_proxy_gets_only_what_it_subscribes_to() {
        publish(endpoints(PAYMENTS, 1), endpoints(ORDERS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);

        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        assertThat(proxy.names()).containsExactly(PAYMENTS);
        assertThat(proxy.last().getNonce()).isNotEmpty();
    }

    @Test
    void a_stream_that_could_not_be_sent_a_change_is_ended_so_that_the_proxy_asks_again() {
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        proxy.failOnce();

        publish(endpoints(PAYMENTS, 1));

        assertThat(Status.fromThrowable(proxy.error).getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(counters.count("stream_failed")).isEqualTo(1);
    }

    @Test
    void an_unknown_name_is_answered_as_removed_and_pushed_once_it_is_there() {
        FakeProxy proxy = new FakeProxy("n1", distributor);

        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        assertThat(proxy.removed()).containsExactly(PAYMENTS);
        assertThat(proxy.names()).isEmpty();

        publish(endpoints(PAYMENTS, 1));
        assertThat(proxy.names()).containsExactly(PAYMENTS);

        remove(ConfigType.ENDPOINTS, PAYMENTS);
        assertThat(proxy.last().getRemovedResourcesList()).containsExactly(PAYMENTS);
    }

    @Test
    void a_reconnecting_proxy_gets_what_differs_from_what_it_has() {
        ConfigResource payments = endpoints(PAYMENTS, 1);
        publish(payments, endpoints(ORDERS, 2));
        FakeProxy proxy = new FakeProxy("n1", distributor);

        proxy.subscribe(ConfigType.ENDPOINTS,
                Map.of(PAYMENTS, payments.version(), ORDERS, "older", "gone.shop.svc.cluster.local", "any"),
                PAYMENTS, ORDERS, "gone.shop.svc.cluster.local");

        assertThat(proxy.names()).containsExactly(ORDERS);
        assertThat(proxy.removed()).containsExactly("gone.shop.svc.cluster.local");
        assertThat(sync("n1", ConfigType.ENDPOINTS).getAcked()).isEqualTo(1);
    }

    @Test
    void a_wildcard_follows_all_resources_of_its_type() {
        publish(ConfigResource.of(ConfigType.BUNDLE, "west.mesh", Bundle.newBuilder().setTrustDomain("west.mesh").build()));
        FakeProxy proxy = new FakeProxy("n1", distributor);

        proxy.subscribe(ConfigType.BUNDLE, Map.of("old.mesh", "1"), "*");
        assertThat(proxy.names()).containsExactly("west.mesh");
        assertThat(proxy.removed()).containsExactly("old.mesh");

        publish(ConfigResource.of(ConfigType.BUNDLE, "east.mesh", Bundle.newBuilder().setTrustDomain("east.mesh").build()));
        assertThat(proxy.names()).containsExactly("west.mesh", "east.mesh");

        remove(ConfigType.BUNDLE, "east.mesh");
        assertThat(proxy.removed()).containsExactly("old.mesh", "east.mesh");
        proxy.received.forEach(proxy::ack);
        assertThat(sync("n1", ConfigType.BUNDLE).getSubscribed()).isEqualTo(1);
    }

    @Test
    void acks_and_nacks_are_tracked_for_each_proxy_and_type() {
        publish(endpoints(PAYMENTS, 1), endpoints(ORDERS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS, ORDERS);
        assertThat(sync("n1", ConfigType.ENDPOINTS).getPending()).isEqualTo(2);

        proxy.ack(proxy.last());
        assertThat(sync("n1", ConfigType.ENDPOINTS).getAcked()).isEqualTo(2);

        publish(endpoints(PAYMENTS, 2));
        proxy.nack(proxy.last(), "Endpoints " + PAYMENTS + ": no address");
        TypeSync refused = sync("n1", ConfigType.ENDPOINTS);
        assertThat(refused.getAcked()).isEqualTo(1);
        assertThat(refused.getNacked()).isEqualTo(1);
        assertThat(refused.getLastNack()).contains("no address");
        assertThat(counters.count("nack_Endpoints")).isEqualTo(1);

        int before = proxy.received.size();
        publish(endpoints(ORDERS, 5));
        assertThat(proxy.received).as("what was refused is not sent again").hasSize(before + 1);
        publish(endpoints(PAYMENTS, 3));
        proxy.received.forEach(proxy::ack);
        assertThat(sync("n1", ConfigType.ENDPOINTS).getNacked()).isZero();
    }

    @Test
    void a_change_costs_as_much_as_it_has_subscribers_and_is_serialised_once() {
        publish(endpoints(PAYMENTS, 1), endpoints(ORDERS, 1));
        FakeProxy first = new FakeProxy("n1", distributor);
        FakeProxy second = new FakeProxy("n2", distributor);
        FakeProxy other = new FakeProxy("n3", distributor);
        first.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        second.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        other.subscribe(ConfigType.ENDPOINTS, ORDERS);
        long before = counters.count("responses_sent");

        publish(endpoints(PAYMENTS, 2));

        assertThat(counters.count("responses_sent") - before).isEqualTo(2);
        assertThat(other.received).hasSize(1);
        assertThat(first.last().getResources(0)).isSameAs(second.last().getResources(0));
    }

    @Test
    void a_slow_proxy_gets_only_the_newest_version() {
        FakeProxy proxy = new FakeProxy("n1", distributor);
        publish(endpoints(PAYMENTS, 0));
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        proxy.stopReading();
        int before = proxy.received.size();

        for (int port = 1; port <= 1000; port++) {
            publish(endpoints(PAYMENTS, port));
        }
        assertThat(proxy.received).hasSize(before);
        proxy.readOn();

        assertThat(proxy.received).hasSize(before + 1);
        assertThat(proxy.last().getResources(0)).isEqualTo(endpoints(PAYMENTS, 1000).wire());
        assertThat(counters.count("updates_conflated")).isEqualTo(999);
    }

    @Test
    void what_is_unsubscribed_is_not_pushed_any_more() {
        publish(endpoints(PAYMENTS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        proxy.unsubscribe(ConfigType.ENDPOINTS, PAYMENTS);
        publish(endpoints(PAYMENTS, 2));

        assertThat(proxy.received).hasSize(1);
        assertThat(sync("n1", ConfigType.ENDPOINTS).getSubscribed()).isZero();
    }

    @Test
    void a_name_that_is_subscribed_again_is_answered_again() {
        publish(endpoints(PAYMENTS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        assertThat(proxy.names()).containsExactly(PAYMENTS, PAYMENTS);
    }

    @Test
    void the_newest_stream_of_a_node_replaces_the_older() {
        FakeProxy older = new FakeProxy("n1", distributor);
        older.subscribe(ConfigType.SETTINGS, "default");

        FakeProxy newer = new FakeProxy("n1", distributor);
        newer.subscribe(ConfigType.SETTINGS, "default");

        assertThat(Status.fromThrowable(older.error).getCode()).isEqualTo(Status.Code.ABORTED);
        assertThat(distributor.connected()).hasSize(1);
        older.hangUp();
        assertThat(distributor.connected()).hasSize(1);
        newer.hangUp();
        assertThat(distributor.connected()).isEmpty();
    }

    @Test
    void garbage_ends_the_stream_with_a_reason() {
        FakeProxy nameless = new FakeProxy("", distributor);
        nameless.subscribe(ConfigType.SETTINGS, "default");
        assertThat(Status.fromThrowable(nameless.error).getDescription()).contains("node.id");

        FakeProxy foreign = new FakeProxy("n1", distributor);
        foreign.send(DeltaDiscoveryRequest.newBuilder().setTypeUrl("type.googleapis.com/envoy.config.Cluster"));
        assertThat(Status.fromThrowable(foreign.error).getDescription()).contains("envoy.config.Cluster");
        assertThat(counters.count("unknown_type_requested")).isEqualTo(1);
    }

    @Test
    void a_proxy_that_subscribes_to_too_many_names_is_turned_away_and_leaves_nothing_behind() {
        FakeProxy proxy = new FakeProxy("n1", distributor);
        String[] names = IntStream.range(0, ProxyStream.MAX_NAMES).mapToObj(i -> "s" + i + ".shop.svc.cluster.local")
                .toArray(String[]::new);
        proxy.subscribe(ConfigType.ENDPOINTS, names);
        proxy.subscribe(ConfigType.ENDPOINTS, names[0]);
        assertThat(proxy.error).as("what is subscribed already is no more").isNull();

        proxy.subscribe(ConfigType.SERVICE, PAYMENTS);

        assertThat(Status.fromThrowable(proxy.error).getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(Status.fromThrowable(proxy.error).getDescription()).contains("100000", "let go of idle ones");
        assertThat(counters.count("subscriptions_over_limit")).isEqualTo(1);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        int before = proxy.received.size();
        publish(endpoints(PAYMENTS, 1), endpoints(names[0], 1));
        assertThat(proxy.received).as("an ended stream is told nothing").hasSize(before);
        assertThat(counters.count("updates_conflated")).as("nor is anything kept for it").isZero();
        proxy.closed();
        assertThat(distributor.connected()).isEmpty();
    }

    @Test
    void an_answer_to_a_response_that_was_never_sent_says_nothing() {
        publish(endpoints(PAYMENTS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        proxy.ack(proxy.last().toBuilder().setNonce("999").build());

        assertThat(sync("n1", ConfigType.ENDPOINTS).getPending()).isEqualTo(1);
    }

    @Test
    void a_late_answer_to_an_older_response_does_not_cover_the_newer_one() {
        publish(endpoints(PAYMENTS, 1));
        FakeProxy proxy = new FakeProxy("n1", distributor);
        proxy.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        DeltaDiscoveryResponse first = proxy.last();
        publish(endpoints(PAYMENTS, 2));

        proxy.ack(first);
        assertThat(sync("n1", ConfigType.ENDPOINTS).getPending()).isEqualTo(1);

        proxy.ack(proxy.last());
        assertThat(sync("n1", ConfigType.ENDPOINTS).getAcked()).isEqualTo(1);
    }

    @Test
    void a_proxy_that_refuses_keeps_no_other_from_being_up_to_date() {
        publish(endpoints(PAYMENTS, 1));
        FakeProxy refusing = new FakeProxy("n1", distributor);
        FakeProxy good = new FakeProxy("n2", distributor);
        refusing.subscribe(ConfigType.ENDPOINTS, PAYMENTS);
        good.subscribe(ConfigType.ENDPOINTS, PAYMENTS);

        refusing.nack(refusing.last(), "no");
        good.ack(good.last());

        assertThat(sync("n1", ConfigType.ENDPOINTS).getNacked()).isEqualTo(1);
        assertThat(sync("n2", ConfigType.ENDPOINTS).getNacked()).isZero();
        assertThat(sync("n2", ConfigType.ENDPOINTS).getAcked()).isEqualTo(1);
    }

    private FakeProxy proxyOf(String node, SpiffeId peer) throws Exception {
        return Context.current().withValue(MeshServer.PEER, peer).call(() -> new FakeProxy(node, distributor));
    }

    private static ConfigResource payments(String web, String batch) {
        return TestResources.service(PAYMENTS, Map.of("web", web, "batch", batch));
    }

    private static Map<String, String> consumers(FakeProxy proxy) throws Exception {
        Service service = Service.parseFrom(proxy.last().getResources(0).getResource().getValue());
        return service.getConsumersList().stream()
                .collect(Collectors.toMap(ConsumerRoutes::getNamespace, c -> c.getHttpRoutes(0).getId()));
    }

    @Test
    void a_proxy_of_one_namespace_gets_its_consumer_routes_and_one_that_hosts_any_gets_all() throws Exception {
        TrustDomain west = new TrustDomain("west.mesh");
        FakeProxy sidecar = proxyOf("a", new SpiffeId(west, "web", "default"));
        FakeProxy other = proxyOf("b", new SpiffeId(west, "shop", "default"));
        FakeProxy node = proxyOf("c", SpiffeId.of(west, SystemIdentity.PROXY));
        publish(payments("web/1/0", "batch/1/0"));
        for (FakeProxy proxy : List.of(sidecar, other, node)) {
            proxy.subscribe(ConfigType.SERVICE, PAYMENTS);
            proxy.ack(proxy.last());
        }

        assertThat(consumers(sidecar)).isEqualTo(Map.of("web", "web/1/0"));
        assertThat(consumers(other)).isEmpty();
        assertThat(consumers(node)).isEqualTo(Map.of("web", "web/1/0", "batch", "batch/1/0"));

        publish(payments("web/1/0", "batch/2/0"));

        assertThat(sidecar.received).as("nothing new for its namespace").hasSize(1);
        assertThat(other.received).hasSize(1);
        assertThat(consumers(node)).containsEntry("batch", "batch/2/0");
        assertThat(sync("a", ConfigType.SERVICE).getAcked()).isEqualTo(1);
    }
}
