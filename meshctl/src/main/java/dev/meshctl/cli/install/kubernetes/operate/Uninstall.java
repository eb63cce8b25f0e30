package dev.meshctl.cli.install.kubernetes.operate;

import dev.meshctl.api.resource.Kinds;
import dev.meshctl.cli.install.kubernetes.api.ApiErrors;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.apply.Applier;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Removes exactly what was installed: by the checkpoints, and by the labels for what no checkpoint knows; the last applied
 * is the first removed, so that the webhooks are gone before who answers them.
 */
public final class Uninstall {
    /** What the control plane makes goes after the control plane, which would make it again. */
    private static final List<ObjectType> ORDER = ObjectType.INSTALLED.reversed().stream()
            .flatMap(type -> type.equals(ObjectType.SERVICE) ? Stream.of(type, ObjectType.SERVICE_IMPORT) : Stream.of(type)).toList();

    private static final ObjectType LINK = ObjectType.of(Kinds.MESH_LINK.apiVersion(), Kinds.MESH_LINK.name());

    private final TargetCluster place;
    private final ClusterApi api;

    public Uninstall(TargetCluster place) {
        this.place = place;
        this.api = place.api();
    }

    /**
     * What is removed and what stays.
     *
     * @param removed in the order in which it goes
     * @param kept with the reason
     * @param released those of them that were there before the mesh, which no longer bear its labels then
     * @param peers clusters that this one is linked with
     * @param notes what to do about what the mesh leaves behind
     */
    public record Plan(List<Key> removed, List<Kept> kept, List<Key> released, List<String> peers, List<String> notes) {
        public Plan {
            removed = List.copyOf(removed);
            kept = List.copyOf(kept);
            released = List.copyOf(released);
            peers = List.copyOf(peers);
            notes = List.copyOf(notes);
        }

        public boolean isEmpty() {
            return removed.isEmpty();
        }
    }

    /** @param why as a half sentence */
    public record Kept(String what, String why) {}

    /**
     * Finds out what there is; changes nothing.
     *
     * @param purge the CA, users' objects of the mesh and everything else goes too
     */
    public Plan plan(boolean purge) {
        try {
            List<Checkpoint> history = place.checkpoints().all();
            Set<Key> adopted = history.stream().flatMap(each -> each.adopted().stream()).collect(Collectors.toSet());
            List<Key> present = present(history);
            Keeping keeping = new Keeping(api, adopted, purge);
            List<Kept> kept = new ArrayList<>();
            List<Key> removed = new ArrayList<>();
            for (Key key : present) {
                keeping.why(key).ifPresentOrElse(why -> kept.add(new Kept(key.toString(), why)), () -> removed.add(key));
            }
            return new Plan(removed, kept, present.stream().filter(adopted::contains).toList(), peers(),
                    present.isEmpty() ? List.of() : keeping.notes());
        } catch (ApiException e) {
            throw ApiErrors.of(e, "cluster %s, step look".formatted(place.cluster()));
        }
    }

    private List<String> peers() {
        return api.list(LINK, "", "").stream().map(live -> live.path("metadata").path("name").asString("")).sorted().toList();
    }

    /** What is there of all that was ever applied, in the order of removal. */
    private List<Key> present(List<Checkpoint> history) {
        Set<Key> known = new LinkedHashSet<>();
        history.forEach(each -> each.release().objects().forEach(object -> known.add(object.key())));
        List<Key> present = new ArrayList<>();
        for (ObjectType type : ORDER) {
            Set<Key> ofType = new LinkedHashSet<>();
            List<ObjectNode> labelled = type.equals(ObjectType.SERVICE_IMPORT) ? api.list(type, "", Rendering.MANAGED_OBJECTS)
                    : api.list(type, Rendering.NAMESPACE, Rendering.OWN_OBJECTS);
            labelled.forEach(live -> ofType.add(key(type, live)));
            if (type.equals(ObjectType.CONFIG_MAP)) {
                ofType.addAll(bundleCopies());
            }
            known.stream().filter(key -> key.kind().equals(type.kind()) && key.apiVersion().equals(type.apiVersion()))
                    .filter(key -> !ofType.contains(key) && api.get(key).isPresent()).forEach(ofType::add);
            present.addAll(ofType);
        }
        present.removeIf(key -> key.name().startsWith("meshctl-checkpoint-"));
        return present;
    }

    private List<Key> bundleCopies() {
        return api.list(ObjectType.CONFIG_MAP, "", Rendering.MANAGED_OBJECTS).stream()
                .map(live -> key(ObjectType.CONFIG_MAP, live)).filter(key -> key.name().equals(Rendering.BUNDLE_MAP)).toList();
    }

    private static Key key(ObjectType type, ObjectNode live) {
        return type.key(live.path("metadata").path("namespace").asString(""), live.path("metadata").path("name").asString(""));
    }

    /**
     * Removes what was planned; what is gone already is no error, so an interrupted run is finished by the next.
     *
     * @throws dev.meshctl.cli.CliError if something does not go, with what holds it
     */
    public void carryOut(Plan plan, Progress lane) {
        Applier applier = place.applier();
        List<Key> last = plan.removed().stream().filter(key -> key.kind().equals("Namespace")).toList();
        for (ObjectType type : ORDER) {
            List<Key> ofType = plan.removed().stream()
                    .filter(key -> key.kind().equals(type.kind()) && !last.contains(key)).toList();
            applier.delete(type.plural(), ofType, lane);
        }
        applier.delete("leases", List.of(ObjectType.LEASE.key(Rendering.NAMESPACE, "control-plane"),
                ObjectType.LEASE.key(Rendering.NAMESPACE, "trust-bridge")), lane);
        try {
            plan.released().forEach(this::release);
            place.checkpoints().clear();
        } catch (ApiException e) {
            throw ApiErrors.of(e, "cluster %s, step checkpoints".formatted(place.cluster()));
        }
        applier.delete("namespace", last, lane);
    }

    /**
     * Without a checkpoint a later run would take what has the labels for one of the mesh's own. A namespace, of which all
     * fields are optional, loses all that only the mesh has set there.
     */
    private void release(Key adopted) {
        if (api.get(adopted).isEmpty()) {
            return;
        }
        ObjectNode labelled = JsonMapper.shared().createObjectNode();
        ObjectNode labels = labelled.putObject("metadata").putObject("labels");
        Rendering.LABELS.forEach(labels::putNull);
        api.merge(adopted, labelled);
        if (adopted.kind().equals(ObjectType.NAMESPACE.kind())) {
            ObjectNode bare = JsonMapper.shared().createObjectNode().put("apiVersion", adopted.apiVersion()).put("kind", adopted.kind());
            bare.putObject("metadata").put("name", adopted.name());
            api.apply(bare, ApplyMode.with(Conflicts.REFUSE));
        }
    }
}
