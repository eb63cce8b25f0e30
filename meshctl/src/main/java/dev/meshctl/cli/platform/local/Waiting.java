package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.fleet.Cluster;
import java.util.function.BooleanSupplier;

/** Waits for what another process does. */
final class Waiting {
    private static final long POLL_MS = 50;

    private Waiting() {}

    /** @throws CliError if the condition does not hold in time */
    static void until(Cluster cluster, String otherwise, int seconds, BooleanSupplier condition) {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw CliError.failed(otherwise + " after " + seconds + " s").at("cluster " + cluster.name())
                        .next("meshctl status --cluster " + cluster.name());
            }
            pause();
        }
    }

    static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliError.failed("interrupted").exit(ExitCode.INTERRUPTED).from(e);
        }
    }
}
