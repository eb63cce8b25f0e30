package dev.meshctl.proxy.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.proxy.route.InvalidConfig;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class EndpointSetTest {
    private static final OutlierPolicy POLICY =
            new OutlierPolicy(3, Duration.ofSeconds(5), Duration.ofSeconds(60), 50);

    private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(7);
    private long now;

    private static Endpoint.Builder endpoint(String id) {
        return Endpoint.newBuilder().setId(id).setAddress("127.0.0.1").setPort(1000 + id.charAt(0)).setVersion("v1")
                .setWeight(1).setCluster("west").addIdentities("spiffe://west.mesh/ns/shop/sa/x")
                .setSniSuffix("x.shop.west.mesh");
    }

    private EndpointSet set(Endpoint.Builder... endpoints) throws InvalidConfig {
        return EndpointSet.compile(wire(endpoints), () -> now);
    }

    private static Endpoints wire(Endpoint.Builder... endpoints) {
        Endpoints.Builder wire = Endpoints.newBuilder().setHost("x.shop.svc.cluster.local");
        for (Endpoint.Builder each : endpoints) {
            wire.addEndpoints(each);
        }
        return wire.build();
    }

    private Set<String> picked(EndpointSet set, String version) {
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 200; i++) {
            LiveEndpoint endpoint = set.pick(80, version, Set.of(), random);
            if (endpoint != null) {
                ids.add(endpoint.spec().id());
            }
        }
        return ids;
    }

    private void fail(EndpointSet set, int index, int times) {
        for (int i = 0; i < times; i++) {
            set.failed(set.endpoints().get(index), 1000, POLICY);
        }
    }

    @Test
    void the_own_cluster_comes_first_then_others_then_stale_then_unhealthy_ones() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b").setViaGateway(true),
                endpoint("c").setViaGateway(true).setHealth(Health.STALE), endpoint("d").setHealth(Health.UNHEALTHY),
                endpoint("e").setHealth(Health.DRAINING));
        assertThat(picked(all, "")).containsExactly("a");

        Set<LiveEndpoint> tried = new HashSet<>();
        StringBuilder order = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            LiveEndpoint next = all.pick(80, "", tried, random);
            order.append(next);
            tried.add(next);
        }
        assertThat(order).hasToString("abcd");
    }

    @Test
    void only_endpoints_of_the_version_and_port_are_picked() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b").setVersion("v2"), endpoint("c").setVersion("v2").addPorts(81));

        assertThat(picked(all, "v2")).containsExactly("b");
        assertThat(picked(all, "v3")).isEmpty();
    }

    @Test
    void an_endpoint_that_fails_in_a_row_is_left_out_and_comes_back_after_one_success() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b"), endpoint("c"));
        all.endpoints().forEach(e -> all.succeeded(e, 4000));

        fail(all, 0, 2);
        assertThat(picked(all, "")).contains("a");
        fail(all, 0, 1);
        assertThat(picked(all, "")).containsExactly("b", "c");

        now += Duration.ofSeconds(5).toNanos();
        all.endpoints().subList(1, 3).forEach(e -> all.succeeded(e, 2000));
        assertThat(picked(all, "")).as("probing").contains("a");
        LiveEndpoint probed = all.endpoints().getFirst();
        assertThat(probed.tryStart(CircuitBounds.DEFAULT)).isTrue();
        assertThat(picked(all, "")).as("one probe at a time").doesNotContain("a");
        fail(all, 0, 1);
        probed.ended();
        now += Duration.ofSeconds(5).toNanos();
        assertThat(picked(all, "")).as("the second ejection is longer").doesNotContain("a");
        now += Duration.ofSeconds(5).toNanos();
        all.endpoints().subList(1, 3).forEach(e -> all.succeeded(e, 2000));
        assertThat(picked(all, "")).contains("a");
        all.succeeded(probed, 1000);
        fail(all, 0, 2);
        assertThat(picked(all, "")).as("admitted again").contains("a");
    }

    @Test
    void an_endpoint_comes_back_however_long_a_request_from_before_its_ejection_lasts() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b"));
        all.endpoints().forEach(e -> all.succeeded(e, 4000));
        LiveEndpoint ejected = all.endpoints().getFirst();
        assertThat(ejected.tryStart(CircuitBounds.DEFAULT)).as("a stream of days").isTrue();
        fail(all, 0, 3);

        now += Duration.ofSeconds(5).toNanos();
        assertThat(ejected.ejected()).as("probing").isFalse();
        assertThat(ejected.tryStart(CircuitBounds.DEFAULT)).isTrue();
        assertThat(ejected.ejected()).as("one probe at a time").isTrue();
        ejected.ended();
        assertThat(ejected.ejected()).as("the probe said nothing, so there may be another").isFalse();
        all.succeeded(ejected, 1000);

        ejected.ended();
        assertThat(ejected.ejected()).isFalse();
        assertThat(ejected.inFlight()).isZero();
    }

    @Test
    void a_request_from_before_the_ejection_that_ends_leaves_room_for_one_probe_only() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b"));
        LiveEndpoint ejected = all.endpoints().getFirst();
        assertThat(ejected.tryStart(CircuitBounds.DEFAULT)).isTrue();
        fail(all, 0, 3);
        now += Duration.ofSeconds(5).toNanos();
        assertThat(ejected.ejected()).isFalse();
        ejected.ended();

        assertThat(ejected.tryStart(CircuitBounds.DEFAULT)).isTrue();

        assertThat(ejected.ejected()).isTrue();
    }

    @Test
    void no_more_than_the_allowed_share_is_left_out_and_at_last_ejected_ones_are_better_than_none() throws Exception {
        EndpointSet all = set(endpoint("a"), endpoint("b"), endpoint("c"), endpoint("d"));
        for (int i = 0; i < 4; i++) {
            fail(all, i, 3);
        }
        assertThat(picked(all, "")).containsExactly("c", "d");

        EndpointSet pair = set(endpoint("a"), endpoint("b").setHealth(Health.DRAINING));
        fail(pair, 0, 3);
        assertThat(picked(pair, "")).containsExactly("a");
    }

    @Test
    void what_was_seen_of_an_endpoint_survives_an_update_of_the_others() throws Exception {
        EndpointSet before = set(endpoint("a"), endpoint("b"), endpoint("c"));
        fail(before, 0, 3);

        EndpointSet after = before.update(wire(endpoint("a").setWeight(9), endpoint("b"), endpoint("z")));

        assertThat(picked(after, "")).containsExactly("b", "z");
        assertThat(before.update(wire(endpoint("a").setPort(9), endpoint("b"))).endpoints().getFirst().ejected())
                .as("another address is another endpoint").isFalse();
    }

    @Test
    void the_faster_of_two_gets_most_requests() throws Exception {
        EndpointSet both = set(endpoint("a"), endpoint("b"));
        both.succeeded(both.endpoints().get(0), Duration.ofMillis(1).toNanos());
        both.succeeded(both.endpoints().get(1), Duration.ofMillis(100).toNanos());

        assertThat(picked(both, "")).containsExactly("a");
    }

    @Test
    void a_wrong_endpoint_is_named_with_its_index_and_field() {
        assertThatThrownBy(() -> set(endpoint("a"), endpoint("b").setAddress("db.example")))
                .isInstanceOf(InvalidConfig.class).hasMessageContaining("endpoints[1]: address").hasMessageContaining("db.example");
        assertThatThrownBy(() -> set(endpoint("a").clearIdentities())).hasMessageContaining("identities");
        assertThatThrownBy(() -> set(endpoint("a").setSniSuffix("x"))).hasMessageContaining("sni_suffix");
    }
}
