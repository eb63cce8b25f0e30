package dev.meshctl.control.shift;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.api.resource.TrafficShift.OnFailure;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What to do next with a shift, given its state, what was observed and the time. Pure. */
sealed interface ShiftDecision {

    /** Nothing now. */
    record Wait() implements ShiftDecision {}

    /** Go to the first step. */
    record Begin() implements ShiftDecision {}

    /** The route does not say the stored weight yet, or nobody knows whether it does. */
    record Apply() implements ShiftDecision {}

    /** The step has passed; go to the next. */
    record Advance(int stepIndex, String reason, Observed observed) implements ShiftDecision {}

    /** The last step has passed. */
    record Complete(String reason, Observed observed) implements ShiftDecision {}

    /** Stay at the step; with a limit if only requests are missing. */
    record Hold(String reason, boolean limited, Observed observed) implements ShiftDecision {}

    /** All traffic back. */
    record Revert(String reason, Observed observed) implements ShiftDecision {}

    /** The spec has changed on the way; go on by the new one. */
    record Follow(int stepIndex) implements ShiftDecision {}

    /**
     * Decides.
     *
     * @param observed since the step started
     */
    static ShiftDecision decide(TrafficShift shift, Observed observed, Instant now) {
        TrafficShift.Status status = shift.status();
        boolean changed = status.observedGeneration() != shift.metadata().generation();
        boolean settled = status.applied() || status.phase() == Phase.FAILED;
        if (status.phase() == Phase.PENDING || (status.phase().ended() && settled && changed)) {
            return new Begin();
        }
        if (!settled) {
            return new Apply();
        }
        if (status.phase().ended()) {
            return new Wait();
        }
        if (changed) {
            return new Follow(stepOf(shift.spec().steps(), status.weight()));
        }
        return switch (status.phase()) {
            case PROGRESSING -> progressing(shift, observed, now);
            case HELD -> held(shift, observed, now);
            default -> new Wait();
        };
    }

    private static ShiftDecision progressing(TrafficShift shift, Observed observed, Instant now) {
        Gate gate = new Gate(shift.spec());
        Instant started = shift.status().stepStarted().orElse(now);
        boolean baked = !now.isBefore(started.plus(shift.spec().bake()));
        Optional<String> failure = baked ? gate.failure(observed) : gate.earlyFailure(observed);
        if (failure.isPresent()) {
            return failed(shift, failure.get(), observed);
        }
        if (!baked) {
            return new Wait();
        }
        return gate.lacksRequests(observed).<ShiftDecision>map(why -> new Hold(why, true, observed))
                .orElseGet(() -> passed(shift, gate, observed));
    }

    private static ShiftDecision held(TrafficShift shift, Observed observed, Instant now) {
        Optional<Instant> since = shift.status().heldSince();
        if (since.isEmpty()) {
            return new Wait(); // until a user decides
        }
        Gate gate = new Gate(shift.spec());
        Optional<String> failure = gate.failure(observed);
        if (failure.isPresent()) {
            return failed(shift, failure.get(), observed);
        }
        Optional<String> lacking = gate.lacksRequests(observed);
        if (lacking.isEmpty()) {
            return passed(shift, gate, observed);
        }
        Duration limit = shift.spec().holdLimit();
        return now.isBefore(since.get().plus(limit)) ? new Wait()
                : failed(shift, lacking.get() + " within the hold limit", observed);
    }

    private static ShiftDecision failed(TrafficShift shift, String reason, Observed observed) {
        return shift.spec().onFailure() == OnFailure.REVERT ? new Revert(reason, observed)
                : new Hold(reason, false, observed);
    }

    private static ShiftDecision passed(TrafficShift shift, Gate gate, Observed observed) {
        int next = shift.status().stepIndex() + 1;
        return next < shift.spec().steps().size()
                ? new Advance(next, gate.passed(observed), observed)
                : new Complete(gate.passed(observed), observed);
    }

    /** The first step that takes nothing away from the new version; the last one if none does. */
    private static int stepOf(List<Integer> steps, int weight) {
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i) >= weight) {
                return i;
            }
        }
        return steps.size() - 1;
    }
}
