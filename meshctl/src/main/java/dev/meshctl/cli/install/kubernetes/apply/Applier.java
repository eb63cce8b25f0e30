package dev.meshctl.cli.install.kubernetes.apply;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApiErrors;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.render.InstallStep;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Applies objects step by step, and deletes them. Doing it again does what is missing, and nothing else. */
public final class Applier {
    private static final int ATTEMPTS = 5;
    /** What comes right by itself within a few looks: a kind whose definition was applied just now, for one. */
    private static final Set<Cause> PASSING = EnumSet.of(Cause.STALE, Cause.WEBHOOK_DOWN, Cause.SERVER_ERROR, Cause.THROTTLED,
            Cause.KIND_UNKNOWN, Cause.UNREACHABLE);

    private final String cluster;
    private final ClusterApi api;
    private final Pacing pacing;
    private final Wait wait;

    /**
     * @param cluster for people
     * @param patience with what each step waits for
     */
    public Applier(String cluster, ClusterApi api, Pacing pacing, Duration patience) {
        this.cluster = cluster;
        this.api = api;
        this.pacing = pacing;
        this.wait = new Wait(api, pacing, patience);
    }

    /**
     * Applies objects in their order; a step begins when all of the one before has taken effect.
     *
     * @throws dev.meshctl.cli.CliError with the step, if the API server does not take an object, or the step does not take
     *     effect in time
     */
    public void apply(List<RenderedObject> objects, ApplyMode mode, Progress lane) {
        Map<InstallStep, List<RenderedObject>> steps = new LinkedHashMap<>();
        objects.forEach(object -> steps.computeIfAbsent(object.step(), step -> new ArrayList<>()).add(object));
        steps.forEach((step, all) -> {
            Progress.Step shown = lane.step(cluster + ": " + step.title());
            String seen = inStep(step.title(), () -> {
                all.forEach(object -> {
                    shown.update(object.key().toString());
                    apply(object, mode);
                });
                return wait.untilReady(all.stream().map(RenderedObject::key).toList(), shown);
            });
            shown.done(seen.isEmpty() ? all.size() + (all.size() == 1 ? " object" : " objects") : seen);
        });
    }

    /** Waits until all has taken effect, and applies nothing. */
    public void await(List<RenderedObject> objects, Progress lane) {
        Progress.Step shown = lane.step(cluster + ": ready");
        inStep("ready", () -> wait.untilReady(objects.stream().map(RenderedObject::key).toList(), shown));
        shown.done(objects.size() + " objects as wanted");
    }

    private <T> T inStep(String title, Supplier<T> work) {
        try {
            return work.get();
        } catch (ApiException e) {
            throw ApiErrors.of(e, "cluster %s, step %s".formatted(cluster, title));
        } catch (CliError e) {
            throw e.at("cluster %s, step %s".formatted(cluster, title));
        }
    }

    private void apply(RenderedObject object, ApplyMode mode) {
        patiently(() -> api.apply(object.tree(), mode));
    }

    private boolean delete(Key key) {
        return patiently(() -> api.delete(key, ""));
    }

    // An API server that is being restarted, or a webhook that is, comes back within a few looks. Whether a call that got no
    // answer has taken effect does not matter: doing it again changes nothing.
    private <T> T patiently(Supplier<T> call) {
        for (int attempt = 1;; attempt++) {
            try {
                return call.get();
            } catch (ApiException e) {
                if (!PASSING.contains(e.failure().cause()) || attempt == ATTEMPTS) {
                    throw e;
                }
                pacing.pause();
            }
        }
    }

    /**
     * Deletes objects in their order, and waits until they are gone.
     *
     * @param title of the line that is shown
     * @return how many there were
     */
    public int delete(String title, List<Key> keys, Progress lane) {
        if (keys.isEmpty()) {
            return 0;
        }
        Progress.Step shown = lane.step(cluster + ": " + title);
        int deleted = inStep(title, () -> {
            int count = 0;
            for (Key key : keys) {
                shown.update(key.toString());
                count += delete(key) ? 1 : 0;
            }
            wait.untilGone(keys, shown);
            return count;
        });
        if (deleted == 0) {
            shown.skipped("nothing there");
        } else {
            shown.done(deleted + (deleted == 1 ? " object" : " objects"));
        }
        return deleted;
    }
}
