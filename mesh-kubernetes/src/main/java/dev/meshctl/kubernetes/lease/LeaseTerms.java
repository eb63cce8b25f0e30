package dev.meshctl.kubernetes.lease;

import java.time.Duration;

/**
 * What is held, by whom, for how long.
 *
 * @param holder unique among the replicas: the name of the pod
 * @param duration how long others wait for a holder that is silent; at least three seconds
 * @param retry how often the holder renews and others look
 */
public record LeaseTerms(String namespace, String name, String holder, Duration duration, Duration retry) {
    private static final Duration DURATION = Duration.ofSeconds(15);
    private static final Duration RETRY = Duration.ofSeconds(3);

    public LeaseTerms {
        if (holder.isBlank() || name.isBlank() || namespace.isBlank()) {
            throw new IllegalArgumentException("a lease needs a namespace, a name and a holder");
        }
        if (duration.toSeconds() < 3 || !retry.isPositive() || retry.multipliedBy(3).compareTo(duration) > 0) {
            throw new IllegalArgumentException(
                    "a lease of " + duration + " that is renewed every " + retry + " is lost by one failure or two");
        }
    }

    /** 15 s, renewed every 3 s. */
    public static LeaseTerms usual(String namespace, String name, String holder) {
        return new LeaseTerms(namespace, name, holder, DURATION, RETRY);
    }

    /** How long after its last renewal a holder still acts: less than others wait. */
    Duration confidence() {
        return duration.multipliedBy(2).dividedBy(3);
    }

    String object() {
        return "Lease " + namespace + "/" + name;
    }
}
