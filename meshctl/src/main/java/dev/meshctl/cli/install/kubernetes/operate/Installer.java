package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApiErrors;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.api.ServerFacts;
import dev.meshctl.cli.install.kubernetes.apply.Applier;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.checkpoint.TrustBackups;
import dev.meshctl.cli.install.kubernetes.diff.Change;
import dev.meshctl.cli.install.kubernetes.diff.Changes;
import dev.meshctl.cli.install.kubernetes.diff.Comparison;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.install.kubernetes.precheck.GatewayApiRelease;
import dev.meshctl.cli.install.kubernetes.precheck.Prechecks;
import dev.meshctl.cli.install.kubernetes.precheck.Situation;
import dev.meshctl.cli.install.kubernetes.render.InstallStep;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Makes a cluster have a release, whatever of it is there: a first installation, a repair, an upgrade, a way back. An
 * interrupted run is finished by the next one.
 */
public final class Installer {
    private static final Key NAMESPACE = ObjectType.NAMESPACE.key("", Rendering.NAMESPACE);

    private final TargetCluster place;
    private final Applier applier;
    private final Checkpoints checkpoints;
    private final TrustBackups trust;

    public Installer(TargetCluster place) {
        this.place = place;
        this.applier = place.applier();
        this.checkpoints = place.checkpoints();
        this.trust = new TrustBackups(place.api());
    }

    /** Every checkpoint of the cluster, the oldest first. */
    public List<Checkpoint> history() {
        return inWords("history", checkpoints::all);
    }

    /**
     * Finds out everything and changes nothing.
     *
     * @throws CliError if the cluster cannot be reached or does not let us in
     */
    public Prepared prepare(Wanted wanted) {
        return inWords("pre-checks", () -> {
            Instant asked = place.pacing().instant();
            ServerFacts server = place.api().server();
            Instant answered = place.pacing().instant();
            List<Checkpoint> history = checkpoints.all();
            List<RenderedObject> obsolete = obsolete(wanted, history);
            Situation situation = new Situation(place.api(), server, wanted.release(),
                    history.isEmpty() ? Optional.empty() : Optional.of(history.getLast()), obsolete,
                    wanted.companions().stream().map(object -> object.key().name()).toList(), asked, answered);
            List<Finding> findings = new ArrayList<>(Prechecks.of(situation));
            Changes changes = new Comparison(place.api(), wanted.conflicts())
                    .of(wanted.companions(), wanted.release(), obsolete);
            changes.refused().stream().map(refused -> finding(refused, wanted, server)).forEach(findings::add);
            TrustRestore restore = TrustRestore.of(trust, wanted.trust());
            findings.addAll(restore.findings());
            return new Prepared(wanted, findings, changes, obsolete, history, restore.backup());
        });
    }

    private static Finding finding(Change refused, Wanted wanted, ServerFacts server) {
        return refused.refused().map(why -> new Finding("objects", Result.FAIL, refused.key() + ": " + why.why(),
                why.cause() == Cause.INVALID && wanted.isCompanion(refused.key())
                        ? GatewayApiRelease.instead(server, refused.key().name()) : ApiErrors.next(why))).orElseThrow();
    }

    /** Whatever an earlier release had, finished or not, that this one has not and that was not there before the mesh. */
    private static List<RenderedObject> obsolete(Wanted wanted, List<Checkpoint> history) {
        Map<Key, RenderedObject> known = new LinkedHashMap<>();
        history.forEach(each -> each.release().objects().forEach(object -> known.put(object.key(), object)));
        wanted.release().objects().forEach(object -> known.remove(object.key()));
        history.forEach(each -> each.adopted().forEach(known::remove));
        List<RenderedObject> ordered = new ArrayList<>(known.values());
        ordered.sort(Comparator.comparing(RenderedObject::step));
        return ordered.reversed();
    }

    /**
     * Carries out what was prepared, and leaves a checkpoint.
     *
     * @return the checkpoint, finished
     * @throws CliError that says which step failed and why; the checkpoint is marked as failed, and running it again goes
     *     on from there
     */
    public Checkpoint carryOut(Prepared prepared, Progress lane) {
        Wanted wanted = prepared.wanted();
        ApplyMode mode = ApplyMode.with(wanted.conflicts());
        prepared.restoredTrust().ifPresent(name -> inWords("trust", () -> {
            trust.restore(name);
            return name;
        }));
        applier.apply(wanted.companions(), mode, lane);
        // The checkpoint lives in the namespace. Where that is there already, what is adopted is on record before it is touched.
        InstallStep before = prepared.changes().isThere(NAMESPACE) ? InstallStep.KINDS_OF_OTHERS : InstallStep.NAMESPACE;
        Map<Boolean, List<RenderedObject>> parts = wanted.release().objects().stream()
                .collect(Collectors.partitioningBy(object -> object.step().compareTo(before) <= 0));
        applier.apply(parts.getOrDefault(true, List.of()), mode, lane);
        Checkpoint begun = inWords("checkpoint",
                () -> checkpoints.begin(wanted.release(), adopted(prepared), place.actor(), wanted.what()));
        try {
            applier.apply(parts.getOrDefault(false, List.of()), mode, lane);
            applier.delete("objects of before", prepared.obsolete().stream().map(RenderedObject::key).toList(), lane);
        } catch (CliError e) {
            endFailed(begun, e);
            throw e;
        }
        inWords("checkpoint", () -> {
            checkpoints.end(begun, State.APPLIED);
            return begun;
        });
        return begun;
    }

    /** Waits until what is there is ready. */
    public void await(Prepared prepared, Progress lane) {
        applier.await(prepared.wanted().release().objects(), lane);
    }

    /** Marks a checkpoint as taken back. */
    void reverted(Checkpoint checkpoint) {
        inWords("checkpoint", () -> {
            checkpoints.end(checkpoint, State.REVERTED);
            return checkpoint;
        });
    }

    private void endFailed(Checkpoint begun, CliError failure) {
        try {
            checkpoints.end(begun, State.FAILED);
        } catch (ApiException e) {
            // It stays "applying", which says no less; what failed first is what the user must know.
            failure.addSuppressed(e);
        }
    }

    private static Set<Key> adopted(Prepared prepared) {
        Set<Key> adopted = new HashSet<>(prepared.changes().foreign());
        adopted.removeIf(prepared.wanted()::isCompanion);
        prepared.history().forEach(each -> each.release().objects().forEach(object -> adopted.remove(object.key())));
        prepared.history().forEach(each -> adopted.addAll(each.adopted()));
        return adopted;
    }

    private <T> T inWords(String step, Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiException e) {
            throw ApiErrors.of(e, "cluster %s, step %s".formatted(place.cluster(), step));
        }
    }
}
