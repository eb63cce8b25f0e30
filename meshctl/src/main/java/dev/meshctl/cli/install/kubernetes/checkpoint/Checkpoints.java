package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The checkpoints of one cluster. At most {@value #MAX} are kept, and always the last that worked. */
public final class Checkpoints {
    static final int MAX = 10;

    private static final System.Logger LOG = System.getLogger(Checkpoints.class.getName());
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ClusterApi api;
    private final InstantSource clock;
    private final TrustBackups trust;

    public Checkpoints(ClusterApi api, InstantSource clock) {
        this.api = api;
        this.clock = clock;
        this.trust = new TrustBackups(api);
    }

    /** All, the oldest first. */
    public List<Checkpoint> all() {
        return api.list(ObjectType.SECRET, Rendering.NAMESPACE, CheckpointSecret.LABEL).stream()
                .filter(secret -> CheckpointSecret.TYPE.equals(secret.path("type").asString("")))
                .map(CheckpointSecret::read).sorted(Comparator.comparingInt(Checkpoint::number)).toList();
    }

    /** What was applied last, whether it worked or not: the cluster may have any of its objects. */
    public Optional<Checkpoint> latest() {
        List<Checkpoint> all = all();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    /** The last that worked, and was not taken back. */
    public static Optional<Checkpoint> lastGood(List<Checkpoint> all) {
        return all.reversed().stream().filter(each -> each.state() == State.APPLIED).findFirst();
    }

    /**
     * Writes a checkpoint before its objects are applied, so that an interrupted run leaves behind what it began.
     *
     * @throws CliError if somebody else does the same at the same time
     */
    public Checkpoint begin(Release release, Set<Key> adopted, String who, String what) {
        int number = latest().map(Checkpoint::number).orElse(0) + 1;
        Checkpoint begun = new Checkpoint(number, State.APPLYING, release.promoted().version(),
                clock.instant().truncatedTo(ChronoUnit.SECONDS), who, what, release, adopted, Optional.empty());
        ObjectNode secret = CheckpointSecret.write(begun);
        try {
            api.create(secret);
        } catch (ApiException e) {
            if (e.failure().cause() != Cause.EXISTS) {
                throw e;
            }
            if (isThere(secret)) {
                return begun;
            }
            throw CliError.failed("somebody else is changing this installation")
                    .because("checkpoint %d was written just now".formatted(number))
                    .next("meshctl history, and run it again when the other is done").from(e);
        }
        return begun;
    }

    // An answer that was lost on its way makes the client create it again.
    private boolean isThere(ObjectNode secret) {
        return api.get(ClusterApi.key(secret)).map(live -> live.path("data").equals(secret.path("data"))).orElse(false);
    }

    /** Says how it went, keeps the CA as it is if it went well, and forgets the oldest. */
    public void end(Checkpoint begun, State state) {
        ObjectNode patch = JSON.createObjectNode();
        ObjectNode labels = patch.putObject("metadata").putObject("labels").put(CheckpointSecret.STATE, state.word());
        if (state == State.APPLIED) {
            trust.keep().ifPresent(name -> labels.put(TrustBackups.LABEL, name));
        }
        api.merge(CheckpointSecret.key(begun.number()), patch);
        try {
            prune();
        } catch (ApiException e) {
            // How it went is on record. What is left of the oldest goes when the next one ends.
            LOG.log(System.Logger.Level.DEBUG, "old checkpoints are left: {0}", e.getMessage());
        }
    }

    private void prune() {
        List<Checkpoint> all = all();
        int good = lastGood(all).map(Checkpoint::number).orElse(-1);
        List<Checkpoint> old = all.subList(0, Math.max(0, all.size() - MAX)).stream()
                .filter(each -> each.number() != good).toList();
        old.forEach(each -> api.delete(CheckpointSecret.key(each.number()), ""));
        trust.prune(all.stream().filter(each -> !old.contains(each)).flatMap(each -> each.trust().stream())
                .collect(Collectors.toSet()));
    }

    /** Removes all of them. */
    public void clear() {
        api.list(ObjectType.SECRET, Rendering.NAMESPACE, CheckpointSecret.LABEL).stream()
                .filter(secret -> CheckpointSecret.TYPE.equals(secret.path("type").asString("")))
                .forEach(secret -> api.delete(ClusterApi.key(withType(secret)), ""));
        trust.prune(Set.of());
    }

    // Items of a list have neither apiVersion nor kind.
    private static ObjectNode withType(ObjectNode item) {
        return item.put("apiVersion", "v1").put("kind", "Secret");
    }
}
