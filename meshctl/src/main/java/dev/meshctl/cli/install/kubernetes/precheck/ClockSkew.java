package dev.meshctl.cli.install.kubernetes.precheck;

import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.verify.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Certificates and tokens are valid by the clock: one that is wrong makes valid ones look expired. */
final class ClockSkew implements Precheck {
    /** The Date header has whole seconds. */
    private static final Duration SMALL = Duration.ofSeconds(10);
    /** A tenth of how long an identity is valid unless set: renewals still work. */
    private static final Duration LARGE = Duration.ofMinutes(5);

    @Override
    public String name() {
        return "clock";
    }

    @Override
    public List<Finding> of(Situation situation) {
        if (situation.server().clock().isEmpty()) {
            return List.of(new Finding(name(), Result.UNKNOWN, "the API server does not say its time", ""));
        }
        Instant there = situation.server().clock().get();
        boolean behind = there.isBefore(situation.asked());
        Duration skew = behind ? Duration.between(there, situation.asked()) : Duration.between(situation.answered(), there);
        if (skew.compareTo(SMALL) <= 0) {
            return List.of(Finding.pass(name(), "same time as here"));
        }
        String text = "the clock of the API server is %s %s that of this machine".formatted(
                Times.brief(skew), behind ? "behind" : "ahead of");
        String next = "set both by NTP; see: timedatectl status";
        return List.of(skew.compareTo(LARGE) > 0 ? Finding.fail(name(), text, next) : Finding.warn(name(), text, next));
    }
}
