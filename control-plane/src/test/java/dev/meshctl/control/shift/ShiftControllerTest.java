package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Entry;
import dev.meshctl.api.resource.TrafficShift.Event;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ShiftControllerTest {
    private static final String SHIFT = """
            apiVersion: meshctl.dev/v1alpha1
            kind: TrafficShift
            metadata: {name: s}
            spec:
              service: payments
              from: v1
              to: v2
              steps: [10, 50, 100]
              bake: 60s
              gate: {successRatePercent: 99, latencyMs: 200, minRequests: 50}
              onFailure: %s
              holdLimit: 5m
            """;
    private static final Observed GOOD = new Observed(100, 0, Optional.of(100.0), Optional.of(20.0));
    private static final Observed BAD = new Observed(100, 20, Optional.of(80.0), Optional.of(20.0));
    private static final Observed SLOW = new Observed(100, 0, Optional.of(100.0), Optional.of(500.0));
    private static final Observed FEW = new Observed(3, 0, Optional.of(100.0), Optional.of(20.0));

    private final MemoryShiftStore store = new MemoryShiftStore();
    private Instant now = Instant.parse("2026-01-31T12:00:00Z");
    private Observed observed = GOOD;
    private ShiftController controller = controller();

    @BeforeEach
    void given_a_shift_from_v1_to_v2() throws Exception {
        apply(SHIFT.formatted("Revert"));
    }

    @Test
    void a_good_version_gets_all_traffic_step_by_step() throws Exception {
        controller.tick();
        assertState(Phase.PROGRESSING, "v1=90 v2=10");

        pass(Duration.ofSeconds(59));
        assertState(Phase.PROGRESSING, "v1=90 v2=10");

        pass(Duration.ofSeconds(1));
        assertState(Phase.PROGRESSING, "v1=50 v2=50");
        pass(Duration.ofSeconds(60));
        assertState(Phase.PROGRESSING, "v1=0 v2=100");
        pass(Duration.ofSeconds(60));
        assertState(Phase.SUCCEEDED, "v1=0 v2=100");
        assertThat(shift().status().journal()).extracting(Entry::event).containsExactly(Event.STARTED, Event.STEP,
                Event.GATE_PASSED, Event.STEP, Event.GATE_PASSED, Event.STEP, Event.GATE_PASSED, Event.SUCCEEDED);
    }

    @Test
    void a_last_step_below_100_is_followed_by_all_traffic() throws Exception {
        apply(SHIFT.formatted("Revert").replace("[10, 50, 100]", "[25]"));
        controller.tick();
        assertState(Phase.PROGRESSING, "v1=75 v2=25");

        pass(Duration.ofSeconds(60));

        assertState(Phase.SUCCEEDED, "v1=0 v2=100");
    }

    @Test
    void each_transition_is_stored_before_it_takes_effect() {
        controller.tick();
        pass(Duration.ofSeconds(60));

        assertThat(store.writes).containsExactly(
                "status PROGRESSING 10", "route", "status PROGRESSING 10 applied",
                "status PROGRESSING 50", "route", "status PROGRESSING 50 applied");
    }

    @Test
    void a_version_that_fails_is_reverted_at_once_with_the_numbers() {
        controller.tick();
        observed = BAD;

        pass(Duration.ofSeconds(5));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        assertThat(shift().status().reason()).isEqualTo("success rate 80.00 % of 100 requests is below 99.00 %");
        assertThat(shift().status().journal().getLast().observed()).contains(BAD);
    }

    @Test
    void a_slow_version_is_reverted_when_the_bake_is_over() {
        controller.tick();
        observed = SLOW;

        pass(Duration.ofSeconds(30));
        assertState(Phase.PROGRESSING, "v1=90 v2=10");
        pass(Duration.ofSeconds(30));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        assertThat(shift().status().reason()).isEqualTo("p99 latency 500.0 ms of 100 requests is above 200 ms");
    }

    @Test
    void too_few_requests_hold_the_step_until_there_are_enough() {
        controller.tick();
        observed = FEW;
        pass(Duration.ofSeconds(60));
        assertState(Phase.HELD, "v1=90 v2=10");
        assertThat(shift().status().reason()).isEqualTo("3 of the 50 requests that the gate needs");

        observed = GOOD;
        pass(Duration.ofSeconds(10));

        assertState(Phase.PROGRESSING, "v1=50 v2=50");
    }

    @Test
    void a_hold_ends_at_its_limit_with_a_revert() {
        controller.tick();
        observed = FEW;
        pass(Duration.ofSeconds(60));
        pass(Duration.ofMinutes(5).minusSeconds(1));
        assertState(Phase.HELD, "v1=90 v2=10");

        pass(Duration.ofSeconds(1));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        assertThat(shift().status().reason()).contains("within the hold limit");
    }

    @Test
    void a_hold_for_lack_of_requests_ends_at_its_limit_as_told_also_where_that_is_to_hold() throws Exception {
        apply(SHIFT.formatted("Hold"));
        controller.tick();
        observed = FEW;
        pass(Duration.ofSeconds(60));
        pass(Duration.ofMinutes(5));
        assertState(Phase.HELD, "v1=90 v2=10");
        assertThat(shift().status().reason()).contains("within the hold limit");

        observed = GOOD;
        pass(Duration.ofHours(1));
        assertState(Phase.HELD, "v1=90 v2=10");
    }

    @Test
    void the_gate_looks_at_the_step_alone_and_at_the_percentile_it_was_told() throws Exception {
        apply(SHIFT.formatted("Revert").replace("latencyMs: 200,", "latencyMs: 200, latencyPercentile: 95,"));
        List<String> asked = new ArrayList<>();
        Instant begun = now;
        controller = new ShiftController(store, (service, version, percentile, from, to) -> {
            asked.add("%s %s p%.0f from %ss".formatted(service, version, percentile, Duration.between(begun, from).toSeconds()));
            return observed;
        }, () -> now);

        controller.tick();
        pass(Duration.ofSeconds(60));
        pass(Duration.ofSeconds(1));

        assertThat(new LinkedHashSet<>(asked)).containsExactly(
                "payments.shop v2 p95 from 0s", "payments.shop v2 p95 from 60s");
    }

    @Test
    void a_route_that_somebody_edits_between_reading_and_writing_keeps_the_edit_and_gets_the_weights_next() throws Exception {
        HttpRoute mine = (HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v1}]}]}
                """);
        store.apply(mine);
        store.beforeNextRouteWrite = () -> store.apply(mine.withMetadata(Metadata.of("payments", "shop"))
                .withRules(List.of(mine.spec().rules().getFirst(), mine.spec().rules().getFirst())));

        controller.tick();
        assertThat(shift().status().applied()).isFalse();
        assertThat(controller.counters()).containsEntry("route_changed_meanwhile", 1L);

        pass(Duration.ofSeconds(1));
        assertThat(store.weights("payments", 0)).isEqualTo("v1=90 v2=10");
        assertThat(store.weights("payments", 1)).as("the edit is still there").isEqualTo("v1=90 v2=10");
        assertThat(shift().status().applied()).isTrue();
    }

    @Test
    void a_deleted_shift_leaves_its_weights_and_touches_them_no_more() {
        controller.tick();
        pass(Duration.ofSeconds(60));
        assertState(Phase.PROGRESSING, "v1=50 v2=50");
        store.deleteShifts();
        store.writes.clear();

        pass(Duration.ofHours(1));

        assertThat(store.weights("payments", 0)).isEqualTo("v1=50 v2=50");
        assertThat(store.writes).isEmpty();
        assertThat(controller.counters()).doesNotContainKey("look_failed");
    }

    @Test
    void a_shift_that_is_deleted_while_its_journal_is_written_stays_deleted() {
        store.beforeNextStatusWrite = store::deleteShifts;

        controller.tick();

        assertThat(store.shifts()).isEmpty();
        assertThat(store.writes).isEmpty();
        assertThat(controller.counters()).containsEntry("shift_changed_meanwhile", 1L);
    }

    @Test
    void a_hold_goes_on_over_a_restart_and_ends_when_it_would_have() {
        controller.tick();
        observed = FEW;
        pass(Duration.ofSeconds(60));
        now = now.plus(Duration.ofMinutes(4));
        controller = controller();

        controller.tick();
        assertState(Phase.HELD, "v1=90 v2=10");
        pass(Duration.ofSeconds(60));
        assertState(Phase.REVERTED, "v1=100 v2=0");
    }

    @Test
    void told_to_hold_on_failure_it_stays_until_a_user_decides() throws Exception {
        apply(SHIFT.formatted("Hold"));
        controller.tick();
        observed = BAD;
        pass(Duration.ofSeconds(10));
        observed = GOOD;
        pass(Duration.ofHours(1));
        assertState(Phase.HELD, "v1=90 v2=10");

        controller.control("shop", "s", ShiftAction.RESUME);
        assertState(Phase.PROGRESSING, "v1=90 v2=10");
        pass(Duration.ofSeconds(60));

        assertState(Phase.PROGRESSING, "v1=50 v2=50");
    }

    @Test
    void a_controller_that_starts_anew_goes_on_in_the_middle_of_a_step() {
        controller.tick();
        now = now.plusSeconds(40);
        controller = controller();
        controller.tick();
        assertState(Phase.PROGRESSING, "v1=90 v2=10");

        pass(Duration.ofSeconds(20));

        assertState(Phase.PROGRESSING, "v1=50 v2=50");
    }

    @Test
    void killed_between_the_journal_and_the_route_the_route_is_written_by_the_next_controller() {
        store.routeWritesThatFail = 1;
        controller.tick();
        assertThat(shift().status().applied()).isFalse();
        assertThat(store.route("shop", "payments")).isEmpty();

        controller = controller();
        controller.tick();

        assertState(Phase.PROGRESSING, "v1=90 v2=10");
        assertThat(shift().status().stepStarted()).contains(now);
        assertThat(shift().status().journal()).extracting(Entry::event).containsExactly(Event.STARTED, Event.STEP);
    }

    @Test
    void killed_after_the_route_was_written_it_is_not_written_again() throws Exception {
        controller.tick();
        pass(Duration.ofSeconds(60));
        TrafficShift halfDone = shift().withStatus(unapplied(shift().status()));
        store.update(halfDone);
        store.writes.clear();

        controller = controller();
        controller.tick();

        assertThat(store.writes).containsExactly("status PROGRESSING 50 applied");
    }

    @Test
    void a_revert_that_could_not_be_written_is_tried_again() {
        controller.tick();
        observed = BAD;
        store.routeWritesThatFail = 2;
        pass(Duration.ofSeconds(5));
        assertState(Phase.REVERTED, "v1=90 v2=10");
        assertThat(controller.counters()).containsEntry("look_failed", 1L);

        pass(Duration.ofSeconds(1));
        pass(Duration.ofSeconds(1));

        assertState(Phase.REVERTED, "v1=100 v2=0");
    }

    @Test
    void nothing_moves_while_the_journal_cannot_be_written() {
        store.statusWritesThatFail = 1;
        controller.tick();

        assertThat(store.route("shop", "payments")).isEmpty();
        assertThat(shift().status().phase()).isEqualTo(Phase.PENDING);
    }

    @Test
    void a_paused_shift_stays_and_bakes_anew_when_resumed() throws Exception {
        controller.tick();
        controller.control("shop", "s", ShiftAction.PAUSE);
        observed = BAD;
        pass(Duration.ofHours(1));
        assertState(Phase.PAUSED, "v1=90 v2=10");

        observed = GOOD;
        controller.control("shop", "s", ShiftAction.RESUME);
        assertThat(shift().status().stepStarted()).contains(now);
        pass(Duration.ofSeconds(60));

        assertState(Phase.PROGRESSING, "v1=50 v2=50");
    }

    @Test
    void a_user_can_roll_back_under_way_and_after_success() throws Exception {
        controller.tick();
        assertThat(controller.control("shop", "s", ShiftAction.ROLLBACK).status().applied()).isTrue();
        assertState(Phase.REVERTED, "v1=100 v2=0");

        assertThatThrownBy(() -> controller.control("shop", "s", ShiftAction.ROLLBACK))
                .isInstanceOf(ShiftRefused.class).hasMessage("TrafficShift shop/s is reverted and cannot be rolled back");
        assertThatThrownBy(() -> controller.control("shop", "s", ShiftAction.RESUME)).isInstanceOf(ShiftRefused.class);
        assertThatThrownBy(() -> controller.control("shop", "x", ShiftAction.PAUSE))
                .isInstanceOfSatisfying(ShiftRefused.class, e -> assertThat(e.why()).isEqualTo(ShiftRefused.Cause.NOT_FOUND));
    }

    @Test
    void a_changed_spec_starts_an_ended_shift_again_and_is_followed_by_one_under_way() throws Exception {
        controller.tick();
        apply(SHIFT.formatted("Revert").replace("[10, 50, 100]", "[5, 20]"));
        pass(Duration.ofSeconds(1));
        assertState(Phase.PROGRESSING, "v1=80 v2=20");
        pass(Duration.ofSeconds(60));
        assertState(Phase.SUCCEEDED, "v1=0 v2=100");

        apply(SHIFT.formatted("Revert"));
        pass(Duration.ofSeconds(1));

        assertState(Phase.PROGRESSING, "v1=90 v2=10");
    }

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

    @Test
    void a_failed_shift_goes_on_once_its_cause_is_gone_and_a_user_says_so() throws Exception {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{name: other}]}]}
                """));
        controller.tick();
        store.deleteRoutes();
        pass(Duration.ofSeconds(1));
        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);

        controller.control("shop", "s", ShiftAction.RESUME);

        assertState(Phase.PROGRESSING, "v1=90 v2=10");
    }

    @Test
    void a_failed_shift_begins_anew_when_its_spec_changes() throws Exception {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v0}]}]}
                """));
        controller.tick();
        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);

        apply(SHIFT.formatted("Revert").replace("from: v1", "from: v0"));
        pass(Duration.ofSeconds(1));

        assertState(Phase.PROGRESSING, "v0=90 v2=10");
    }

    @Test
    void weights_that_something_else_changes_under_way_are_put_back() {
        controller.tick();
        store.deleteRoutes();

        pass(Duration.ofSeconds(1));

        assertState(Phase.PROGRESSING, "v1=90 v2=10");
        assertThat(controller.counters()).containsEntry("weights_put_back", 1L);
    }

    private void plainRoute() throws Exception {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments, annotations: {meshctl.dev/allow-missing-versions: "true"}}
                spec:
                  parentRefs: [{name: payments}]
                  rules:
                    - {matches: [{path: {value: /slow}}], timeouts: {request: 30s}, backendRefs: [{name: payments, port: 80}]}
                    - {matches: [{path: {value: /old}}], backendRefs: [{name: legacy}]}
                    - {backendRefs: [{group: "", kind: Service, name: payments, namespace: shop, port: 80, weight: 5}]}
                """));
    }

    private String backends() {
        return store.route("shop", "payments").orElseThrow().backendRefs().stream().map(refs -> String.join("+", refs.stream()
                .map(ref -> ref.kind() + " " + ref.name() + ref.port() + "=" + ref.weight()).toList())).toList().toString()
                .replace("OptionalInt.empty", "").replace("OptionalInt", "");
    }

    @Test
    void a_rule_whose_only_backend_is_the_service_itself_is_taken_over_with_all_else_in_it() throws Exception {
        plainRoute();

        controller.tick();

        assertThat(backends()).isEqualTo(
                "[Version v1[80]=90+Version v2[80]=10, Service legacy=1, Version v1[80]=90+Version v2[80]=10]");
        HttpRoute route = store.route("shop", "payments").orElseThrow();
        assertThat(route.spec().rules().getFirst().timeouts().request()).contains(Duration.ofSeconds(30));
        assertThat(route.spec().rules().getFirst().matches()).hasSize(1);
        assertThat(route.metadata().annotations()).containsEntry(TakenOver.ANNOTATION, "0,2")
                .containsEntry("meshctl.dev/allow-missing-versions", "true");
        pass(Duration.ofSeconds(60));
        assertThat(store.weights("payments", 2)).isEqualTo("v1=50 v2=50");
    }

    @Test
    void a_rule_that_was_taken_over_is_put_back_after_a_revert_as_soon_as_the_failed_version_gets_no_calls_by_it() throws Exception {
        plainRoute();
        controller.tick();
        observed = BAD;
        pass(Duration.ofSeconds(5));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        pass(Duration.ofSeconds(1));
        assertThat(store.weights("payments", 2)).as("v2 still runs, and would be called again").isEqualTo("v1=100 v2=0");

        store.running = Set.of("v1");
        pass(Duration.ofSeconds(1));

        assertThat(backends()).isEqualTo("[Service payments[80]=1, Service legacy=1, Service payments[80]=1]");
        assertThat(store.route("shop", "payments").orElseThrow().metadata().annotations())
                .containsOnlyKeys("meshctl.dev/allow-missing-versions");
        assertThat(shift().status().phase()).isEqualTo(Phase.REVERTED);
        int writes = store.writes.size();
        pass(Duration.ofSeconds(1));
        assertThat(store.writes).as("once").hasSize(writes);
    }

    @Test
    void a_rule_that_was_taken_over_is_put_back_after_a_success_once_the_old_version_has_gone() throws Exception {
        plainRoute();
        controller.tick();
        for (int step = 0; step < 3; step++) {
            pass(Duration.ofSeconds(60));
        }
        assertState(Phase.SUCCEEDED, "v1=0 v2=100");

        store.running = Set.of("v2");
        pass(Duration.ofSeconds(1));

        assertThat(backends()).isEqualTo("[Service payments[80]=1, Service legacy=1, Service payments[80]=1]");
    }

    @Test
    void what_a_user_has_written_into_a_rule_that_was_taken_over_stays() throws Exception {
        plainRoute();
        controller.tick();
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        HttpRoute route = store.route("shop", "payments").orElseThrow();
        store.apply(route.withBackendRefs(List.of(route.backendRefs().get(1), route.backendRefs().get(1), route.backendRefs().get(1))));
        store.running = Set.of("v1");

        pass(Duration.ofSeconds(1));

        assertThat(backends()).isEqualTo("[Service legacy=1, Service legacy=1, Service legacy=1]");
    }

    private void assertCondition(String status, String reason) {
        assertThat(shift().status().conditions()).singleElement().satisfies(condition -> {
            assertThat(condition.type()).isEqualTo("Progressing");
            assertThat(condition.status()).isEqualTo(status);
            assertThat(condition.reason()).isEqualTo(reason);
            assertThat(condition.message()).isEqualTo(shift().status().reason());
            assertThat(condition.observedGeneration()).isEqualTo(shift().metadata().generation());
        });
    }

    @Test
    void the_condition_says_whether_the_shift_goes_on_and_its_time_moves_only_then() throws Exception {
        controller.tick();
        assertCondition("True", "Progressing");
        Instant begun = shift().status().conditions().getFirst().lastTransitionTime();

        pass(Duration.ofSeconds(60));
        assertCondition("True", "Progressing");
        assertThat(shift().status().conditions().getFirst().lastTransitionTime()).isEqualTo(begun);

        observed = BAD;
        pass(Duration.ofSeconds(5));
        assertCondition("False", "Reverted");
        assertThat(shift().status().conditions().getFirst().lastTransitionTime()).isEqualTo(now);
    }

    @Test
    void a_route_that_somebody_else_overwrites_again_and_again_fails_the_shift_which_says_so() throws Exception {
        plainRoute();
        controller.tick();
        for (int i = 0; i < RouteWrites.MAX_PUT_BACK; i++) {
            plainRoute();
            pass(Duration.ofSeconds(1));
            assertState(Phase.PROGRESSING, 2, "v1=90 v2=10");
        }

        plainRoute();
        pass(Duration.ofSeconds(1));

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertThat(shift().status().reason()).contains("HTTPRoute shop/payments").contains("each of the 5 times").contains("traffic resume");
        assertCondition("False", "RouteContested");
        int writes = store.writes.size();
        pass(Duration.ofSeconds(1));
        assertThat(store.writes).as("it is left to whoever writes it").hasSize(writes);

        controller.control("shop", "s", ShiftAction.RESUME);
        assertState(Phase.PROGRESSING, 2, "v1=90 v2=10");
    }

    private void assertState(Phase phase, int rule, String weights) {
        assertThat(shift().status().phase()).as(shift().status().reason()).isEqualTo(phase);
        assertThat(store.weights("payments", rule)).isEqualTo(weights);
    }

    @Test
    void a_route_that_changes_before_each_write_fails_the_shift_after_a_bounded_number_of_them() throws Exception {
        plainRoute();
        for (int i = 0; i < RouteWrites.MAX_IN_VAIN - 1; i++) {
            store.beforeNextRouteWrite = this::touchRoute;
            pass(Duration.ofSeconds(1));
            assertThat(shift().status().phase()).isEqualTo(Phase.PROGRESSING);
        }
        store.beforeNextRouteWrite = this::touchRoute;

        pass(Duration.ofSeconds(1));

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertCondition("False", "RouteContested");
        assertThat(controller.counters()).containsEntry("route_changed_meanwhile", (long) RouteWrites.MAX_IN_VAIN);
    }

    private void touchRoute() {
        store.apply(store.route("shop", "payments").orElseThrow());
    }

    @Test
    void a_route_that_the_store_refuses_fails_the_shift_with_what_it_said() {
        store.refusal = "HTTPRoute shop/payments could not be updated by the API server (forbidden): admission says no";
        for (int i = 0; i < RouteWrites.MAX_IN_VAIN; i++) {
            pass(Duration.ofSeconds(1));
        }

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertThat(shift().status().reason()).isEqualTo(store.refusal);
        assertCondition("False", "RouteRefused");
    }

    @Test
    void a_revert_that_is_refused_goes_on_to_be_tried_and_says_what_is_in_its_way() {
        controller.tick();
        observed = BAD;
        store.refusal = "admission says no";
        for (int i = 0; i < RouteWrites.MAX_IN_VAIN + 2; i++) {
            pass(Duration.ofSeconds(1));
        }
        assertThat(shift().status().phase()).isEqualTo(Phase.REVERTED);
        assertThat(shift().status().reason()).endsWith("below 99.00 %; not yet in effect: admission says no");
        assertCondition("False", "RouteRefused");

        store.refusal = "";
        pass(Duration.ofSeconds(1));

        assertState(Phase.REVERTED, "v1=100 v2=0");
    }

    @Test
    void a_second_shift_of_the_service_waits_for_the_first() throws Exception {
        controller.tick();
        apply(SHIFT.formatted("Revert").replace("name: s", "name: t").replace("to: v2", "to: v3"));
        pass(Duration.ofSeconds(1));
        assertThat(store.shift("t").status().phase()).isEqualTo(Phase.PENDING);
        assertThat(store.shift("t").status().reason()).contains("waits for TrafficShift shop/s");

        controller.control("shop", "s", ShiftAction.ROLLBACK);
        pass(Duration.ofSeconds(1));

        assertThat(store.shift("t").status().phase()).isEqualTo(Phase.PROGRESSING);
    }

    @Test
    void the_journal_is_bounded() throws Exception {
        controller.tick();
        for (int i = 0; i < 80; i++) {
            controller.control("shop", "s", ShiftAction.PAUSE);
            controller.control("shop", "s", ShiftAction.RESUME);
        }

        assertThat(shift().status().journal()).hasSize(TrafficShift.Status.MAX_JOURNAL);
        assertThat(shift().status().journal().getLast().event()).isEqualTo(Event.RESUMED);
    }

    private ShiftController controller() {
        return new ShiftController(store, (service, version, percentile, from, to) -> observed, () -> now);
    }

    private void pass(Duration time) {
        now = now.plus(time);
        controller.tick();
    }

    private void assertState(Phase phase, String weights) {
        assertThat(shift().status().phase()).as(shift().status().reason()).isEqualTo(phase);
        assertThat(store.weights("payments", 0)).isEqualTo(weights);
    }

    private TrafficShift shift() {
        return store.shift("s");
    }

    private void apply(String text) throws InvalidResource {
        store.apply((TrafficShift) parse(text));
    }

    private static TrafficShift.Status unapplied(TrafficShift.Status status) {
        return new TrafficShift.Status(status.phase(), status.stepIndex(), status.weight(), Optional.empty(),
                Optional.empty(), status.reason(), status.observedGeneration(), false, status.journal(), status.conditions());
    }

    private static Resource parse(String text) throws InvalidResource {
        return ResourceParser.parseOne("test", text, "shop");
    }
}
