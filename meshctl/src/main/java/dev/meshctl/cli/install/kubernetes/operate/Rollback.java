package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** The way back to a checkpoint: its objects as they were applied, and none that came later. */
public final class Rollback {
    private final TargetCluster place;
    private final List<Checkpoint> history;

    public Rollback(TargetCluster place) {
        this.place = place;
        this.history = new Installer(place).history();
    }

    /**
     * The checkpoint that is gone back to.
     *
     * @param number empty: the last that worked before the one of now
     * @throws CliError if there is none, or if it never worked
     */
    public Checkpoint target(OptionalInt number) {
        if (number.isPresent()) {
            Checkpoint chosen = history.stream().filter(each -> each.number() == number.getAsInt()).findFirst().orElseThrow(() ->
                    none("there is no checkpoint " + number.getAsInt(), "there are: " + String.join(", ",
                            history.stream().map(each -> String.valueOf(each.number())).toList())));
            if (chosen.state() == State.APPLYING || chosen.state() == State.FAILED) {
                throw none("checkpoint " + chosen.number() + " never worked", "it is " + chosen.state().word());
            }
            return chosen;
        }
        if (history.isEmpty()) {
            throw none("there is nothing to go back to", "no installation has left a checkpoint there");
        }
        Checkpoint now = history.getLast();
        Optional<Checkpoint> earlier = Checkpoints.lastGood(history.subList(0, history.size() - 1).stream().filter(each ->
                now.state() != State.APPLIED || !each.release().equals(now.release())).toList());
        return earlier.orElseThrow(() -> none("there is nothing to go back to", "no earlier checkpoint worked"));
    }

    private CliError none(String what, String why) {
        return CliError.failed(what).at("cluster " + place.cluster()).because(why)
                .next("meshctl history --cluster " + place.cluster());
    }

    /** What is to be in the cluster then. */
    public static Wanted to(Checkpoint target, Conflicts conflicts) {
        return new Wanted(target.release(), "rollback to " + target.number(), conflicts);
    }

    /** Whether the versions allow it. Linked meshes only warn: the way back must stay open. */
    public List<Finding> skew(Checkpoint target, String cli) {
        String now = history.isEmpty() ? "" : history.getLast().version();
        List<Finding> findings = new ArrayList<>(Skew.check(cli, now, target.version(), Map.of()));
        Upgrade.linkSkew(place, now, target.version()).stream().map(finding -> !finding.blocks() ? finding
                : new Finding(finding.check(), Result.WARN, finding.text(), finding.next())).forEach(findings::add);
        return findings;
    }
}
