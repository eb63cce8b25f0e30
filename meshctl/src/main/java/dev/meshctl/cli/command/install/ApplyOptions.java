package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.output.Times;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How objects are applied to Kubernetes; a mixin. */
final class ApplyOptions {
    private static final Duration LONGEST = Duration.ofHours(2);

    @Option(names = "--force-conflicts", description = "take over fields that another field manager owns (Kubernetes)")
    boolean force;

    @Option(names = "--leave-conflicts", description = "leave fields that another field manager owns as they are (Kubernetes)")
    boolean leave;

    @Option(names = "--ignore-prechecks", description = "go on where a pre-check fails (Kubernetes)")
    boolean ignorePrechecks;

    @Option(names = "--timeout", paramLabel = "DURATION", defaultValue = "5m",
            description = "how long each step waits for what it made (default: ${DEFAULT-VALUE}; Kubernetes)")
    String timeout = "5m";

    Conflicts conflicts() {
        if (force && leave) {
            throw CliError.usage("--force-conflicts and --leave-conflicts exclude each other");
        }
        return force ? Conflicts.TAKE : leave ? Conflicts.LEAVE : Conflicts.REFUSE;
    }

    Duration patience() {
        Duration patience = Times.parse(timeout, "--timeout");
        if (patience.isZero() || patience.compareTo(LONGEST) > 0) {
            throw CliError.usage("--timeout must be more than 0 and at most 2h");
        }
        return patience;
    }
}
