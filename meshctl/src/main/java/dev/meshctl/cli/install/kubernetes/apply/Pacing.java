package dev.meshctl.cli.install.kubernetes.apply;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** The clock, and the pause between two looks at a cluster. */
public interface Pacing extends InstantSource {
    /** Between two looks. */
    Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    /** Returns when it is time to look again. */
    void pause();

    /** By the clock of the system. */
    static Pacing real() {
        return new Pacing() {
            @Override
            public Instant instant() {
                return Instant.now();
            }

            @Override
            public void pause() {
                try {
                    Thread.sleep(BETWEEN_LOOKS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw CliError.failed("interrupted").exit(ExitCode.INTERRUPTED).from(e);
                }
            }
        };
    }
}
