package dev.meshctl.cli.install.kubernetes.diff;

import dev.meshctl.cli.install.kubernetes.api.ApplyMode;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.checkpoint.Release;
import dev.meshctl.cli.install.kubernetes.diff.Change.Action;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Compares a release with what is in the cluster. Of objects that are there the API server itself is asked what would
 * come of them, by an apply that it does not keep: so defaults, fields of others and webhooks count, and what it would
 * refuse is known before anything is changed. Objects that are not there yet are not asked about: what they need may
 * not be there either. Only definitions of others are, which need nothing, and may be for other versions of Kubernetes.
 */
public final class Comparison {
    private static final Set<Cause> REFUSALS = EnumSet.of(
            Cause.OWNED_BY_OTHERS, Cause.IMMUTABLE, Cause.INVALID, Cause.REFUSED_BY_POLICY, Cause.NAMESPACE_TERMINATING);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final ClusterApi api;
    private final Conflicts conflicts;

    public Comparison(ClusterApi api, Conflicts conflicts) {
        this.api = api;
        this.conflicts = conflicts;
    }

    /**
     * Compares all that is applied, in its order.
     *
     * @param companions definitions of others that are applied before
     * @param obsolete objects of earlier releases that are deleted, as far as they are there
     */
    public Changes of(List<RenderedObject> companions, Release release, List<RenderedObject> obsolete) {
        List<Change> changes = new ArrayList<>();
        companions.forEach(definition -> changes.add(definition(definition)));
        release.objects().forEach(object -> changes.add(change(object)));
        obsolete.forEach(object -> deletion(object).ifPresent(changes::add));
        return new Changes(changes);
    }

    private Change definition(RenderedObject object) {
        Change change = change(object);
        if (change.action() != Action.CREATE) {
            return change;
        }
        try {
            api.apply(object.tree(), new ApplyMode(true, conflicts));
            return change;
        } catch (ApiException e) {
            // That it is not permitted is told by the check of permissions, with all else that is not.
            if (!REFUSALS.contains(e.failure().cause()) && e.failure().cause() != Cause.FORBIDDEN) {
                throw e;
            }
            Optional<ApiFailure> refused = Optional.of(e.failure()).filter(why -> REFUSALS.contains(why.cause()));
            return new Change(change.step(), change.key(), change.action(), change.diff(), change.foreign(), refused);
        }
    }

    private Change change(RenderedObject object) {
        Optional<ObjectNode> live = api.get(object.key());
        if (live.isEmpty()) {
            List<String> all = diff(JSON.createObjectNode(), Shown.comparable(object.tree()));
            return new Change(object.step(), object.key(), Action.CREATE, all, false, Optional.empty());
        }
        try {
            return compared(object, live.get(), api.apply(object.tree(), new ApplyMode(true, conflicts)), Optional.empty());
        } catch (ApiException e) {
            if (!REFUSALS.contains(e.failure().cause())) {
                throw e;
            }
            return refused(object, live.get(), e.failure());
        }
    }

    // What would come of it if the fields were taken over is worth knowing before one decides.
    private Change refused(RenderedObject object, ObjectNode live, ApiFailure why) {
        if (why.cause() == Cause.OWNED_BY_OTHERS) {
            try {
                ObjectNode taken = api.apply(object.tree(), new ApplyMode(true, Conflicts.TAKE));
                return compared(object, live, taken, Optional.of(why));
            } catch (ApiException e) {
                return new Change(object.step(), object.key(), Action.CHANGE, List.of(), isForeign(live),
                        Optional.of(e.failure()));
            }
        }
        return new Change(object.step(), object.key(), Action.CHANGE, List.of(), isForeign(live), Optional.of(why));
    }

    private Change compared(RenderedObject object, ObjectNode live, ObjectNode then, Optional<ApiFailure> refused) {
        ObjectNode before = Shown.comparable(live);
        ObjectNode after = Shown.comparable(then);
        boolean same = before.equals(after);
        return new Change(object.step(), object.key(), same ? Action.NONE : Action.CHANGE,
                same ? List.of() : diff(before, after), isForeign(live), refused);
    }

    private Optional<Change> deletion(RenderedObject object) {
        return api.get(object.key()).map(live -> new Change(object.step(), object.key(), Action.DELETE,
                diff(Shown.comparable(live), JSON.createObjectNode()), isForeign(live), Optional.empty()));
    }

    private static boolean isForeign(ObjectNode live) {
        return !live.path("metadata").path("labels").path("app.kubernetes.io/managed-by").asString("").equals("meshctl");
    }

    private static List<String> diff(ObjectNode before, ObjectNode after) {
        List<List<String>> lines = Shown.lines(before, after);
        return LineDiff.of(lines.get(0), lines.get(1));
    }
}
