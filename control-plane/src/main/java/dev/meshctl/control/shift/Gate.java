package dev.meshctl.control.shift;

import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Observed;
import java.util.Locale;
import java.util.Optional;

/** The gate of a shift over one set of numbers; each answer is a reason with the numbers, for people. */
final class Gate {
    private final Optional<TrafficShift.Gate> gate;

    Gate(TrafficShift.Spec spec) {
        this.gate = spec.gate();
    }

    /** Fewer requests than prove anything. */
    Optional<String> lacksRequests(Observed observed) {
        return gate.filter(g -> observed.requests() < g.minRequests())
                .map(g -> "%d of the %d requests that the gate needs".formatted(observed.requests(), g.minRequests()));
    }

    /** Enough requests, and a bound is broken. */
    Optional<String> failure(Observed observed) {
        return earlyFailure(observed).or(() -> lacksRequests(observed).isPresent() ? Optional.empty()
                : gate.flatMap(g -> latencyFailure(g, observed)));
    }

    /** What need not be waited for until the end of the bake: a success rate that is too low. */
    Optional<String> earlyFailure(Observed observed) {
        return lacksRequests(observed).isPresent() ? Optional.empty() : gate.flatMap(g -> successFailure(g, observed));
    }

    private static Optional<String> successFailure(TrafficShift.Gate gate, Observed observed) {
        return gate.successRatePercent()
                .filter(bound -> observed.successPercent().map(rate -> rate < bound).orElse(false))
                .map(bound -> String.format(Locale.ROOT, "success rate %.2f %% of %d requests is below %.2f %%",
                        observed.successPercent().orElse(0.0), observed.requests(), bound));
    }

    private static Optional<String> latencyFailure(TrafficShift.Gate gate, Observed observed) {
        return gate.latencyMs().isEmpty() ? Optional.empty()
                : observed.latencyMs()
                        .filter(latency -> latency > gate.latencyMs().getAsInt())
                        .map(latency -> String.format(Locale.ROOT, "p%s latency %.1f ms of %d requests is above %d ms",
                                percentile(gate), latency, observed.requests(), gate.latencyMs().getAsInt()));
    }

    /** What the numbers were, where nothing is broken. */
    String passed(Observed observed) {
        if (gate.isEmpty()) {
            return "no gate";
        }
        StringBuilder text = new StringBuilder("%d requests".formatted(observed.requests()));
        observed.successPercent().ifPresent(rate -> text.append(String.format(Locale.ROOT, ", %.2f %% succeeded", rate)));
        observed.latencyMs().ifPresent(ms -> text.append(
                String.format(Locale.ROOT, ", p%s %.1f ms", percentile(gate.get()), ms)));
        return text.toString();
    }

    private static String percentile(TrafficShift.Gate gate) {
        double percentile = gate.latencyPercentile();
        return percentile == Math.rint(percentile) ? String.valueOf((long) percentile) : String.valueOf(percentile);
    }
}
