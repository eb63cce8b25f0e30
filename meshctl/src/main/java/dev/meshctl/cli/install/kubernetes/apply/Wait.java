package dev.meshctl.cli.install.kubernetes.apply;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.apply.Readiness.State;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Times;
import dev.meshctl.kubernetes.failure.ApiException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * Waits for objects, by looking again and again: a watch that hangs would tell nothing for as long as it hangs. An API
 * server that does not answer for a while, as one that restarts, is waited for too.
 */
final class Wait {
    private final ClusterApi api;
    private final Pacing pacing;
    private final Duration patience;

    /** @param patience with each step */
    Wait(ClusterApi api, Pacing pacing, Duration patience) {
        this.api = api;
        this.pacing = pacing;
        this.patience = patience;
    }

    /** Until all have taken effect; returns what one sees then. */
    String untilReady(List<Key> keys, Progress.Step step) {
        Instant deadline = pacing.instant().plus(patience);
        String seen = "";
        for (Key key : keys) {
            seen = untilReady(key, deadline, step);
        }
        return seen;
    }

    private String untilReady(Key key, Instant deadline, Progress.Step step) {
        PodReasons reasons = new PodReasons(api);
        while (true) {
            Look look = look(key);
            if (look.readiness.state() == State.READY) {
                return look.readiness.now();
            }
            if (look.readiness.state() == State.BROKEN) {
                throw CliError.failed(key + " cannot become ready").because(look.readiness.now())
                        .next("kubectl describe " + described(key));
            }
            if (!pacing.instant().isBefore(deadline)) {
                throw late(key, look, reasons);
            }
            String pod = look.live.filter(Wait::isDeployment).map(reasons::brief).orElse("");
            step.update(look.readiness.now() + (pod.isEmpty() ? "" : "; " + pod));
            pacing.pause();
        }
    }

    private record Look(Readiness readiness, Optional<ObjectNode> live) {}

    private Look look(Key key) {
        try {
            Optional<ObjectNode> live = api.get(key);
            return new Look(live.map(Readiness::of).orElse(new Readiness(State.WAITING, "it is gone")), live);
        } catch (ApiException e) {
            if (!e.failure().cause().passing()) {
                throw e;
            }
            return new Look(new Readiness(State.WAITING, e.failure().why()), Optional.empty());
        }
    }

    private CliError late(Key key, Look look, PodReasons reasons) {
        String pods = look.live.filter(Wait::isDeployment).map(reasons::full).orElse("");
        return CliError.failed("%s is not ready after %s".formatted(key, Times.brief(patience)))
                .because(look.readiness.now() + (pods.isEmpty() ? "" : "\n" + pods))
                .next("remove the cause and run it again, which goes on from here; more: kubectl describe " + described(key));
    }

    /** Until none of them is there any more; what holds them if they stay. */
    void untilGone(List<Key> keys, Progress.Step step) {
        Instant deadline = pacing.instant().plus(patience);
        for (Key key : keys) {
            for (Optional<ObjectNode> live = still(key); live.isPresent(); live = still(key)) {
                if (!pacing.instant().isBefore(deadline)) {
                    throw CliError.failed("%s is still there after %s".formatted(key, Times.brief(patience)))
                            .because(Held.why(live.get()))
                            .next("remove what holds it and run it again; see: kubectl get " + described(key) + " -o yaml");
                }
                step.update("waiting for " + key + " to go");
                pacing.pause();
            }
        }
    }

    private Optional<ObjectNode> still(Key key) {
        try {
            return api.get(key);
        } catch (ApiException e) {
            if (!e.failure().cause().passing()) {
                throw e;
            }
            return Optional.of(Held.unknown(e.failure().why()));
        }
    }

    private static boolean isDeployment(ObjectNode live) {
        return live.path("kind").asString("").equals("Deployment");
    }

    private static String described(Key key) {
        return key.kind().toLowerCase(Locale.ROOT) + " " + key.name()
                + (key.namespace().isEmpty() ? "" : " --namespace " + key.namespace());
    }
}
