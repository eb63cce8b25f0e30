package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Entry;
import dev.meshctl.api.resource.TrafficShift.Event;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a shift does while nothing stands in its way. */
class ShiftStepsTest extends ShiftScenario {
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
        assertThat(controller.counters()).doesNotContainKeys("look_failed", "weights_put_back", "route_changed_meanwhile");
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
    void the_condition_says_whether_the_shift_goes_on_and_its_time_moves_only_then() throws Exception {
        controller.tick();
        assertCondition("True", "Progressing");
        Instant begun = condition().lastTransitionTime();

        pass(Duration.ofSeconds(60));
        assertCondition("True", "Progressing");
        assertThat(condition().lastTransitionTime()).isEqualTo(begun);

        observed = BAD;
        pass(Duration.ofSeconds(5));
        assertCondition("False", "Reverted");
        assertThat(condition().lastTransitionTime()).isEqualTo(now);
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

    @Test
    void a_hold_that_ends_by_itself_goes_on_and_one_that_waits_for_a_user_does_not() throws Exception {
        apply(SHIFT.formatted("Hold"));
        controller.tick();
        observed = FEW;
        pass(Duration.ofSeconds(60));
        assertState(Phase.HELD, "v1=90 v2=10");
        assertCondition("True", "Held");

        pass(Duration.ofMinutes(5));

        assertState(Phase.HELD, "v1=90 v2=10");
        assertCondition("False", "Held");
    }

    @Test
    void the_time_of_a_condition_is_in_whole_seconds_as_an_api_server_keeps_it() {
        Instant second = now;
        now = now.plusMillis(350);

        controller.tick();

        assertThat(condition().lastTransitionTime()).isEqualTo(second);
    }
}
