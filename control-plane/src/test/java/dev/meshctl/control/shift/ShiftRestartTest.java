package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Entry;
import dev.meshctl.api.resource.TrafficShift.Event;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A shift over restarts of its controller, and while what it needs to store cannot be stored or is deleted. */
class ShiftRestartTest extends ShiftScenario {
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

    private static TrafficShift.Status unapplied(TrafficShift.Status status) {
        return new TrafficShift.Status(status.phase(), status.stepIndex(), status.weight(), Optional.empty(),
                Optional.empty(), status.reason(), status.observedGeneration(), false, status.journal(), status.conditions());
    }
}
