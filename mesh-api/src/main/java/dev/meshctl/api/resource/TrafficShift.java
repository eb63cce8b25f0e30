package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A gated, stepwise move of a service's traffic from one version to another. The control plane carries it
 * out by itself; {@link Status} is its journal and belongs to it: an applied resource keeps the stored status.
 */
public record TrafficShift(Metadata metadata, Spec spec, @Default("{}") Status status) implements Resource {

    /**
     * What to do.
     *
     * @param service in the same namespace
     * @param from the version that has the traffic
     * @param to the version that gets it
     * @param steps percent for {@code to}, ascending, 1 to 100, at most 20; after the last one has passed its gate
     *     all traffic goes to {@code to}
     * @param bake how long each step is watched, 1 s to 168 h
     * @param gate none: a step passes by time alone
     * @param holdLimit how long a step waits for enough requests, before {@code onFailure} decides
     */
    public record Spec(
            String service,
            String from,
            String to,
            List<Integer> steps,
            @Default("1m") Duration bake,
            Optional<Gate> gate,
            @Default("Revert") OnFailure onFailure,
            @Default("10m") Duration holdLimit) {
        public Spec {
            steps = List.copyOf(steps);
            Check.service(service, "service");
            Check.label(from, "from");
            Check.label(to, "to");
            Check.that(!from.equals(to), "to", "another version than from", to);
            Check.items(steps, 1, 20, "steps");
            for (int i = 0; i < steps.size(); i++) {
                Check.range(steps.get(i), 1, 100, "steps[" + i + "]");
                Check.that(i == 0 || steps.get(i) > steps.get(i - 1), "steps[" + i + "]",
                        i == 0 ? "" : "more than the step before it (" + steps.get(i - 1) + ")", steps.get(i));
            }
            Check.duration(bake, Duration.ofSeconds(1), "bake");
            Check.duration(holdLimit, Duration.ZERO, "holdLimit");
        }
    }

    /**
     * What must hold over the bake of a step.
     *
     * @param successRatePercent at least; empty: not asked
     * @param latencyPercentile which percentile {@code latencyMs} bounds, more than 0 to 100
     * @param latencyMs at most; empty: not asked
     * @param minRequests fewer prove nothing, so the step is held
     */
    public record Gate(
            Optional<Double> successRatePercent,
            @Default("99") double latencyPercentile,
            OptionalInt latencyMs,
            @Default("20") int minRequests) {
        public Gate {
            successRatePercent.ifPresent(p -> Check.percent(p, "successRatePercent"));
            Check.that(latencyPercentile > 0 && latencyPercentile <= 100, "latencyPercentile",
                    "a percentile above 0 and up to 100", latencyPercentile);
            latencyMs.ifPresent(ms -> Check.range(ms, 1, 3_600_000, "latencyMs"));
            Check.range(minRequests, 0, 1_000_000_000, "minRequests");
        }
    }

    public enum OnFailure {
        /** All traffic back to {@code from}, at once. */
        REVERT,
        /** Stay at the step until a user decides. */
        HOLD
    }

    public enum Phase {
        /** Accepted, not begun. */
        PENDING,
        /** A step has its weight and is watched. */
        PROGRESSING,
        /** Not enough requests, or failed with {@code onFailure: Hold}. */
        HELD,
        /** By a user. */
        PAUSED,
        SUCCEEDED,
        REVERTED,
        /** Could not be carried out; the reason is in the status. */
        FAILED;

        /** True if nothing more will happen by itself or by pause and resume. */
        public boolean ended() {
            return this == SUCCEEDED || this == REVERTED || this == FAILED;
        }
    }

    /**
     * How far it is.
     *
     * @param stepIndex from 0
     * @param weight percent that {@code to} has, or is about to get if the control plane stopped in between
     * @param stepStarted when the bake of this step began
     * @param heldSince when the hold began, while held
     * @param reason of the phase, with numbers, for people
     * @param observedGeneration of the spec that this status is about
     * @param applied true once the route says {@code weight}
     * @param journal the last {@value #MAX_JOURNAL} events, oldest first
     * @param conditions one, {@value Condition#PROGRESSING}; none before anything has happened
     */
    public record Status(
            @Default("Pending") Phase phase,
            @Default("0") int stepIndex,
            @Default("0") int weight,
            Optional<Instant> stepStarted,
            Optional<Instant> heldSince,
            @Default("") String reason,
            @Default("0") long observedGeneration,
            @Default("false") boolean applied,
            List<Entry> journal,
            List<Condition> conditions) {
        /** Older events are dropped. */
        public static final int MAX_JOURNAL = 100;

        /** Of a shift that has not begun. */
        public static final Status PENDING = new Status(
                Phase.PENDING, 0, 0, Optional.empty(), Optional.empty(), "", 0, false, List.of(), List.of());

        public Status {
            journal = List.copyOf(journal.subList(Math.max(0, journal.size() - MAX_JOURNAL), journal.size()));
            conditions = List.copyOf(conditions);
            Check.items(conditions, 0, 8, "conditions");
            Check.range(stepIndex, 0, 20, "stepIndex");
            Check.range(weight, 0, 100, "weight");
        }
    }

    /**
     * What a machine reads of the status, as {@code metav1.Condition} has it.
     *
     * @param status {@code True}, or {@code False} while nothing goes on by itself
     * @param reason in CamelCase: the phase, or why a shift has failed
     */
    public record Condition(
            String type,
            String status,
            @Default("0") long observedGeneration,
            Instant lastTransitionTime,
            String reason,
            @Default("") String message) {
        /** The shift goes on by itself: a step is under way, or a hold that ends by itself. */
        public static final String PROGRESSING = "Progressing";
    }

    public enum Event {
        STARTED,
        STEP,
        GATE_PASSED,
        HELD,
        CONTINUED,
        PAUSED,
        RESUMED,
        GATE_FAILED,
        REVERTED,
        SUCCEEDED,
        FAILED
    }

    /** One thing that happened. */
    public record Entry(Instant time, Event event, @Default("") String detail, Optional<Observed> observed) {}

    /**
     * The numbers that a decision was made by.
     *
     * @param successPercent 0 to 100; empty without requests
     * @param latencyMs at the gate's percentile; empty without requests
     */
    public record Observed(
            @Default("0") long requests,
            @Default("0") long failures,
            Optional<Double> successPercent,
            Optional<Double> latencyMs) {}

    public ServiceName service() {
        return new ServiceName(spec.service, metadata.namespace());
    }

    public TrafficShift withStatus(Status other) {
        return new TrafficShift(metadata, spec, other);
    }

    @Override
    public TrafficShift withMetadata(Metadata other) {
        return new TrafficShift(other, spec, status);
    }
}
