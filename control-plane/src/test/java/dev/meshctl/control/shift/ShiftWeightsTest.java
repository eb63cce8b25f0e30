package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift.Phase;
import org.junit.jupiter.api.Test;

/** Which routes get the weights of a shift, and which it makes. */
class ShiftWeightsTest extends ShiftScenario {
    @Test
    void of_a_users_route_only_the_weights_of_the_two_versions_change() throws Exception {
        HttpRoute own = (HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments}
                spec:
                  parentRefs: [{name: payments}]
                  rules:
                    - matches: [{headers: [{name: x-canary, value: "1"}]}]
                      backendRefs: [{group: meshctl.dev, kind: Version, name: v2}]
                    - timeouts: {request: 3s}
                      backendRefs:
                        - {group: meshctl.dev, kind: Version, name: v1, weight: 4}
                        - {group: meshctl.dev, kind: Version, name: v2, weight: 0}
                        - {name: inventory, weight: 1}
                """);
        store.apply(own);

        controller.tick();

        assertThat(store.weights("payments", 0)).isEqualTo("v2=1");
        assertThat(store.weights("payments", 1)).isEqualTo("v1=360 v2=40 inventory=100");
        HttpRoute edited = store.route("shop", "payments").orElseThrow();
        assertThat(edited.spec().rules().get(1).timeouts()).isEqualTo(own.spec().rules().get(1).timeouts());
        assertThat(edited.spec().rules().getFirst()).isEqualTo(own.spec().rules().getFirst());
    }

    private static Route ofKind(String kind, String name) throws Exception {
        return (Route) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: %s
                metadata: {name: %s}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1}]}]}
                """.formatted(kind, name));
    }

    @Test
    void weights_go_into_the_routes_of_each_kind() throws Exception {
        store.apply(ofKind("GRPCRoute", "grpc"));
        store.apply(ofKind("TCPRoute", "tcp"));
        store.apply(ofKind("TLSRoute", "tls"));

        controller.tick();

        assertThat(store.weights("grpc", 0)).isEqualTo("v1=90 v2=10");
        assertThat(store.weights("tcp", 0)).isEqualTo("v1=90 v2=10");
        assertThat(store.weights("tls", 0)).isEqualTo("v1=90 v2=10");
        assertThat(store.route("shop", "payments")).as("none is made beside them").isEmpty();
    }

    @Test
    void no_http_route_is_made_where_a_route_of_another_kind_would_be_in_its_way_or_end() throws Exception {
        store.apply((Route) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: TLSRoute
                metadata: {name: tls}
                spec:
                  parentRefs: [{name: payments}]
                  hostnames: [a.example]
                  rules: [{backendRefs: [{name: other}]}]
                """));

        controller.tick();

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertThat(shift().status().reason()).contains("TLSRoute shop/tls has no rule with a backendRef of kind Version named v1");
        assertThat(store.writes).doesNotContain("route");
    }

    @Test
    void a_rule_that_names_the_old_version_alone_gets_the_new_one_beside_it() throws Exception {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: mine}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1}]}]}
                """));

        controller.tick();

        assertThat(store.weights("mine", 0)).isEqualTo("v1=90 v2=10");
        assertThat(store.route("shop", "payments")).isEmpty();
    }

    @Test
    void a_route_without_anything_to_shift_fails_the_shift_before_it_touches_anything() throws Exception {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: mine}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{name: other}]}]}
                """));

        controller.tick();

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertThat(shift().status().reason()).contains("HTTPRoute shop/mine has no rule with a backendRef of kind Version named v1")
                .contains("and none whose only backend is the service itself");
        assertCondition("False", "NothingToShift");
        assertThat(store.writes).doesNotContain("route");
    }
}
