package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.diff.Changes;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What was found out before anything is changed.
 *
 * @param findings of all pre-checks
 * @param obsolete objects of earlier releases that this one has not, in the order in which they are deleted
 * @param history all checkpoints, the oldest first
 * @param restoredTrust the CA that is put back, by its name among the backups; empty if the present one stays
 */
public record Prepared(Wanted wanted, List<Finding> findings, Changes changes, List<RenderedObject> obsolete,
        List<Checkpoint> history, Optional<String> restoredTrust) {
    public Prepared {
        findings = List.copyOf(findings);
        obsolete = List.copyOf(obsolete);
        history = List.copyOf(history);
    }

    /** The same with more that was found out. */
    public Prepared and(List<Finding> more) {
        return new Prepared(wanted, Stream.concat(findings.stream(), more.stream()).toList(), changes, obsolete, history, restoredTrust);
    }

    /** Why nothing may be changed; empty if nothing stands against it. */
    public List<Finding> blocking() {
        return findings.stream().filter(Finding::blocks).toList();
    }

    /** Whether all is there already, and on record. */
    public boolean isDone() {
        return changes.isEmpty() && restoredTrust.isEmpty() && !history.isEmpty() && history.getLast().state() == State.APPLIED
                && history.getLast().release().revisions().equals(wanted.release().revisions());
    }
}
