package dev.meshctl.control.shift;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Condition;
import dev.meshctl.api.resource.TrafficShift.Entry;
import dev.meshctl.api.resource.TrafficShift.Event;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.api.resource.TrafficShift.Phase;
import dev.meshctl.api.resource.TrafficShift.Status;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The state of a shift after each thing that can happen, with its line in the journal. Pure. */
final class Transition {
    private static final String NOT_YET = "; not yet in effect: ";

    private final TrafficShift shift;
    private final Instant now;

    private Transition(TrafficShift shift, Instant now) {
        this.shift = shift;
        this.now = now;
    }

    static Transition of(TrafficShift shift, Instant now) {
        return new Transition(shift, now);
    }

    TrafficShift begin() {
        String steps = shift.spec().steps().stream().map(String::valueOf).collect(Collectors.joining(", "));
        return weigh(Phase.PROGRESSING, 0, shift.spec().steps().getFirst(), "step 1 of " + shift.spec().steps().size(),
                entry(Event.STARTED, "%s to %s by %s %%".formatted(shift.spec().from(), shift.spec().to(), steps)),
                entry(Event.STEP, stepText(0)));
    }

    /** The route says the weight; the bake starts. */
    TrafficShift applied() {
        Status status = shift.status();
        boolean watched = !status.phase().ended() && status.phase() != Phase.PAUSED;
        TrafficShift applied = shift.withStatus(new Status(status.phase(), status.stepIndex(), status.weight(),
                watched ? Optional.of(now) : status.stepStarted(), status.heldSince(), status.reason(),
                status.observedGeneration(), true, status.journal(), status.conditions()));
        int notYet = status.reason().indexOf(NOT_YET);
        return notYet < 0 ? applied : because(applied, word(status.phase()), status.reason().substring(0, notYet));
    }

    /** What is stored could not be brought into effect, for this reason now, and is tried on. */
    TrafficShift notYet(Failure failure, String reason) {
        String before = shift.status().reason();
        int other = before.indexOf(NOT_YET);
        return because(failure.word(), (other < 0 ? before : before.substring(0, other)) + NOT_YET + reason);
    }

    TrafficShift advance(int stepIndex, String reason, Observed observed) {
        return weigh(Phase.PROGRESSING, stepIndex, shift.spec().steps().get(stepIndex),
                "step %d of %d".formatted(stepIndex + 1, shift.spec().steps().size()),
                entry(Event.GATE_PASSED, reason, observed), entry(Event.STEP, stepText(stepIndex)));
    }

    TrafficShift complete(String reason, Observed observed) {
        return weigh(Phase.SUCCEEDED, shift.status().stepIndex(), 100, reason,
                entry(Event.GATE_PASSED, reason, observed),
                entry(Event.SUCCEEDED, "100 % to " + shift.spec().to(), observed));
    }

    TrafficShift revert(String reason, Observed observed) {
        return weigh(Phase.REVERTED, shift.status().stepIndex(), 0, reason,
                entry(Event.GATE_FAILED, reason, observed),
                entry(Event.REVERTED, "100 % to " + shift.spec().from(), observed));
    }

    TrafficShift hold(String reason, boolean limited, Observed observed) {
        Status status = shift.status();
        return with(Phase.HELD, status.stepStarted(), limited ? Optional.of(now) : Optional.empty(), reason, true,
                entry(limited ? Event.HELD : Event.GATE_FAILED, reason, observed));
    }

    TrafficShift follow(int stepIndex) {
        if (shift.status().phase() == Phase.PAUSED) {
            return with(Phase.PAUSED, shift.status().stepStarted(), Optional.empty(), shift.status().reason(), true,
                    entry(Event.CONTINUED, "the spec has changed"));
        }
        return weigh(Phase.PROGRESSING, stepIndex, Math.max(shift.status().weight(), shift.spec().steps().get(stepIndex)),
                "step %d of %d".formatted(stepIndex + 1, shift.spec().steps().size()),
                entry(Event.CONTINUED, "the spec has changed"), entry(Event.STEP, stepText(stepIndex)));
    }

    TrafficShift fail(Failure failure, String reason) {
        TrafficShift failed = with(Phase.FAILED, shift.status().stepStarted(), Optional.empty(), reason,
                shift.status().applied(), entry(Event.FAILED, reason));
        return because(failed, failure.word(), reason);
    }

    /** Only the reason changes, without a line in the journal. */
    TrafficShift because(String cause, String reason) {
        return because(shift, cause, reason);
    }

    private TrafficShift because(TrafficShift of, String cause, String reason) {
        Status status = of.status();
        return of.withStatus(new Status(status.phase(), status.stepIndex(), status.weight(), status.stepStarted(),
                status.heldSince(), reason, status.observedGeneration(), status.applied(), status.journal(),
                conditions(status.phase(), cause, reason, status.heldSince())));
    }

    /** One of which the time moves when its status does, and not with its words. */
    private List<Condition> conditions(Phase phase, String cause, String reason, Optional<Instant> held) {
        boolean goesOn = phase == Phase.PENDING || phase == Phase.PROGRESSING || (phase == Phase.HELD && held.isPresent());
        String status = goesOn ? "True" : "False";
        Instant since = shift.status().conditions().stream()
                .filter(before -> before.type().equals(Condition.PROGRESSING) && before.status().equals(status))
                .map(Condition::lastTransitionTime).findFirst().orElse(now.truncatedTo(ChronoUnit.SECONDS));
        return List.of(new Condition(
                Condition.PROGRESSING, status, shift.metadata().generation(), since, cause, reason));
    }

    private static String word(Phase phase) {
        return phase.name().charAt(0) + phase.name().substring(1).toLowerCase(Locale.ROOT);
    }

    TrafficShift pause() {
        Status status = shift.status();
        return with(Phase.PAUSED, status.stepStarted(), Optional.empty(), "paused by a user", status.applied(),
                entry(Event.PAUSED, ""));
    }

    /** The step bakes anew. */
    TrafficShift resume() {
        Status status = shift.status();
        return with(begun() ? Phase.PROGRESSING : Phase.PENDING, Optional.empty(), Optional.empty(),
                "step %d of %d".formatted(status.stepIndex() + 1, shift.spec().steps().size()), false,
                entry(Event.RESUMED, ""));
    }

    TrafficShift rollback() {
        TrafficShift reverted = weigh(Phase.REVERTED, shift.status().stepIndex(), 0, "rolled back by a user",
                entry(Event.REVERTED, "100 % to " + shift.spec().from() + ", by a user"));
        return begun() ? reverted : Transition.of(reverted, now).applied();
    }

    /** True if the route may have been touched. */
    private boolean begun() {
        return shift.status().weight() > 0;
    }

    private TrafficShift weigh(Phase phase, int stepIndex, int weight, String reason, Entry... entries) {
        return shift.withStatus(new Status(phase, stepIndex, weight, Optional.empty(), Optional.empty(), reason,
                shift.metadata().generation(), false, journal(entries), conditions(phase, word(phase), reason, Optional.empty())));
    }

    private TrafficShift with(
            Phase phase, Optional<Instant> started, Optional<Instant> held, String reason, boolean applied, Entry... entries) {
        Status status = shift.status();
        return shift.withStatus(new Status(phase, status.stepIndex(), status.weight(), started, held, reason,
                shift.metadata().generation(), applied, journal(entries), conditions(phase, word(phase), reason, held)));
    }

    private List<Entry> journal(Entry... entries) {
        List<Entry> journal = new ArrayList<>(shift.status().journal());
        journal.addAll(List.of(entries));
        return journal;
    }

    private String stepText(int index) {
        return "%d %% to %s".formatted(shift.spec().steps().get(index), shift.spec().to());
    }

    private Entry entry(Event event, String detail) {
        return new Entry(now, event, detail, Optional.empty());
    }

    private Entry entry(Event event, String detail, Observed observed) {
        return new Entry(now, event, detail, Optional.of(observed));
    }
}
