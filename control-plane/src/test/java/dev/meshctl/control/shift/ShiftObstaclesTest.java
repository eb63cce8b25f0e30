package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What stands in the way of a shift: others who write the same routes, a store that refuses them, another shift. */
class ShiftObstaclesTest extends ShiftScenario {
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

    @Test
    void a_route_that_the_store_refuses_fails_the_shift_with_what_it_said() {
        store.refusal = "HTTPRoute shop/payments could not be updated by the API server (forbidden): admission says no";
        for (int i = 0; i < RouteWrites.MAX_IN_VAIN; i++) {
            pass(Duration.ofSeconds(1));
        }

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertThat(shift().status().reason()).isEqualTo(store.refusal);
        assertCondition("False", "RouteRefused");
        assertThat(controller.counters()).containsEntry("route_refused", (long) RouteWrites.MAX_IN_VAIN);
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
        assertThat(store.writes).filteredOn("status REVERTED 0"::equals).as("it is said once").hasSize(2);
        store.refusal = "the quota is used up";
        pass(Duration.ofSeconds(1));
        assertThat(shift().status().reason()).endsWith("below 99.00 %; not yet in effect: the quota is used up");

        store.refusal = "";
        pass(Duration.ofSeconds(1));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        assertThat(shift().status().reason()).isEqualTo("success rate 80.00 % of 100 requests is below 99.00 %");
        assertCondition("False", "Reverted");
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

    private void touchRoute() {
        store.apply(store.route("shop", "payments").orElseThrow());
    }

    private void inVainAtThisWeight() throws Exception {
        for (int i = 0; i < RouteWrites.MAX_PUT_BACK; i++) {
            plainRoute();
            pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void what_was_in_vain_at_one_weight_does_not_count_at_the_next() throws Exception {
        plainRoute();
        controller.tick();
        inVainAtThisWeight();
        assertState(Phase.PROGRESSING, 2, "v1=90 v2=10");
        pass(Duration.ofSeconds(60));
        assertState(Phase.PROGRESSING, 2, "v1=50 v2=50");

        inVainAtThisWeight();

        assertState(Phase.PROGRESSING, 2, "v1=50 v2=50");
    }

    @Test
    void what_was_in_vain_does_not_count_once_a_user_has_said_to_try_again() throws Exception {
        plainRoute();
        controller.tick();
        inVainAtThisWeight();
        controller.control("shop", "s", ShiftAction.PAUSE);
        controller.control("shop", "s", ShiftAction.RESUME);

        inVainAtThisWeight();

        assertState(Phase.PROGRESSING, 2, "v1=90 v2=10");
    }

    @Test
    void what_was_in_vain_for_a_shift_that_is_deleted_does_not_count_for_the_next_of_its_name() throws Exception {
        plainRoute();
        controller.tick();
        inVainAtThisWeight();
        store.deleteShifts();
        controller.tick();
        apply(SHIFT.formatted("Revert"));
        controller.tick();

        inVainAtThisWeight();

        assertState(Phase.PROGRESSING, 2, "v1=90 v2=10");
    }

    @Test
    void a_revert_for_which_there_is_nothing_to_shift_any_more_fails() throws Exception {
        controller.tick();
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{name: other}]}]}
                """));

        controller.control("shop", "s", ShiftAction.ROLLBACK);

        assertThat(shift().status().phase()).isEqualTo(Phase.FAILED);
        assertCondition("False", "NothingToShift");
    }

    @Test
    void of_two_shifts_of_a_service_that_have_not_begun_one_begins_and_the_other_says_once_that_it_waits() throws Exception {
        apply(SHIFT.formatted("Revert").replace("name: s", "name: t").replace("to: v2", "to: v3"));
        controller.tick();
        List<TrafficShift> waiting = store.shifts().stream().filter(shift -> shift.status().phase() == Phase.PENDING).toList();
        assertThat(waiting).hasSize(1);
        assertThat(store.shifts()).filteredOn(shift -> shift.status().phase() == Phase.PROGRESSING).hasSize(1);
        assertThat(waiting.getFirst().status().conditions()).singleElement().satisfies(condition -> {
            assertThat(condition.status()).isEqualTo("True");
            assertThat(condition.reason()).isEqualTo("Waiting");
            assertThat(condition.message()).startsWith("waits for TrafficShift shop/");
        });
        int writes = store.writes.size();

        pass(Duration.ofSeconds(1));

        assertThat(store.writes).hasSize(writes);
    }
}
