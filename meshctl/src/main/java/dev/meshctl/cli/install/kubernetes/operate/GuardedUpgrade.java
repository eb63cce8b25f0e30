package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.output.Progress;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** An upgrade that is taken back by itself if the mesh does not work with it. */
public final class GuardedUpgrade {
    private final TargetCluster place;
    private final Installer installer;
    private final Supplier<Verdict> verify;
    private final boolean takeBack;
    private final Duration settling;

    GuardedUpgrade(TargetCluster place, Supplier<Verdict> verify, boolean takeBack) {
        this(place, verify, takeBack, Duration.ZERO);
    }

    /**
     * @param takeBack false: leave what does not work, for who wants to look at it
     * @param settling how long the mesh may take to work: proxies and gateways connect to the new control plane one by one
     */
    public GuardedUpgrade(TargetCluster place, Supplier<Verdict> verify, boolean takeBack, Duration settling) {
        this.settling = settling;
        this.place = place;
        this.installer = new Installer(place);
        this.verify = verify;
        this.takeBack = takeBack;
    }

    /**
     * Applies, verifies, and goes back if either fails.
     *
     * @param wayBack empty: there is none
     * @throws CliError with {@link ExitCode#REVERTED} if it was taken back, {@link ExitCode#UNKNOWN} if nobody knows whether
     *     the mesh works
     */
    public Checkpoint carryOut(Prepared prepared, Optional<Checkpoint> wayBack, Progress lane) {
        Checkpoint applied;
        try {
            applied = installer.carryOut(prepared, lane);
        } catch (CliError e) {
            throw back(Optional.empty(), wayBack, e.what() + (e.why().isEmpty() ? "" : ": " + e.why()), e, lane);
        }
        Progress.Step step = lane.step(place.cluster() + ": verify");
        return switch (settled(step)) {
            case Verdict.Passed(String summary) -> {
                step.done(summary);
                yield applied;
            }
            case Verdict.Unknown(String why) -> {
                step.failed("could not run");
                throw CliError.failed("the upgrade is applied, and nobody knows whether the mesh works").at("cluster " + place.cluster())
                        .because(why).next("meshctl verify --cluster %s; back: meshctl rollback --cluster %s"
                                .formatted(place.cluster(), place.cluster())).exit(ExitCode.UNKNOWN);
            }
            case Verdict.Failed(String why) -> {
                step.failed(why.lines().findFirst().orElse(""));
                throw back(Optional.of(applied), wayBack, why, CliError.failed("the mesh does not work after the upgrade")
                        .at("cluster " + place.cluster()).because(why), lane);
            }
        };
    }

    /** The first good verdict, or the last one within the time. */
    private Verdict settled(Progress.Step step) {
        Instant end = place.pacing().instant().plus(settling);
        while (true) {
            Verdict verdict = verify.get();
            if (verdict instanceof Verdict.Passed || !place.pacing().instant().isBefore(end)) {
                return verdict;
            }
            step.update(firstLine(verdict) + "; looking again");
            place.pacing().pause();
        }
    }

    private static String firstLine(Verdict verdict) {
        String text = switch (verdict) {
            case Verdict.Passed(String summary) -> summary;
            case Verdict.Failed(String why) -> why;
            case Verdict.Unknown(String why) -> why;
        };
        return text.lines().findFirst().orElse("");
    }

    private CliError back(Optional<Checkpoint> applied, Optional<Checkpoint> wayBack, String why, CliError failure, Progress lane) {
        String byHand = "meshctl rollback --cluster " + place.cluster();
        if (!takeBack || wayBack.isEmpty()) {
            return failure.next(wayBack.isEmpty() ? "meshctl history --cluster " + place.cluster() : byHand);
        }
        Checkpoint target = wayBack.get();
        lane.line("%s: the upgrade failed; going back to checkpoint %d".formatted(place.cluster(), target.number()));
        try {
            // Whatever stood against a change of today: this was there, and worked.
            installer.carryOut(installer.prepare(Rollback.to(target, Conflicts.TAKE)), lane);
            applied.ifPresent(installer::reverted);
        } catch (CliError e) {
            return CliError.failed("the upgrade failed, and so did the way back").at("cluster " + place.cluster())
                    .because(why + "\nthe way back: " + e.what() + (e.why().isEmpty() ? "" : ": " + e.why()))
                    .next(byHand + " --to " + target.number()).from(e);
        }
        return CliError.failed("the upgrade failed and was taken back to checkpoint %d (%s)"
                        .formatted(target.number(), target.version()))
                .at("cluster " + place.cluster()).because(why).exit(ExitCode.REVERTED)
                .next("remove the cause and upgrade again; to keep a failed upgrade for looking at it: --no-rollback");
    }
}
