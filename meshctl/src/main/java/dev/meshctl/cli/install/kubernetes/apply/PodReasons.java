package dev.meshctl.cli.install.kubernetes.apply;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.kubernetes.failure.ApiException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Why the pods of a Deployment are not ready: what keeps a container waiting or ended it, what happened to the pod, and
 * the last that it said. What cannot be read is left out: it must not hide the rest.
 */
final class PodReasons {
    private static final int MAX_PODS = 2;
    private static final int MAX_EVENTS = 5;
    private static final int LOG_LINES = 8;
    private static final int MAX_LINE = 240;

    private final ClusterApi api;

    PodReasons(ClusterApi api) {
        this.api = api;
    }

    /** One line for the pod that is worst off; empty if there is nothing to say. */
    String brief(ObjectNode deployment) {
        return unready(deployment).stream().map(pod -> name(pod) + ": " + state(pod)).filter(text -> !text.endsWith(": "))
                .findFirst().orElse("");
    }

    /** Several lines. */
    String full(ObjectNode deployment) {
        List<String> lines = new ArrayList<>();
        Readiness.condition(deployment, "ReplicaFailure").map(each -> each.path("message").asString(""))
                .filter(text -> !text.isEmpty()).ifPresent(text -> lines.add("no pod can be made: " + text));
        List<ObjectNode> pods = unready(deployment);
        pods.stream().limit(MAX_PODS).forEach(pod -> lines.addAll(lines(pod)));
        if (pods.size() > MAX_PODS) {
            lines.add("and %d more pods that are not ready".formatted(pods.size() - MAX_PODS));
        }
        return String.join("\n", lines);
    }

    private List<String> lines(ObjectNode pod) {
        List<String> lines = new ArrayList<>();
        lines.add("pod " + name(pod) + ": " + orElse(state(pod), pod.path("status").path("phase").asString("not ready")));
        events(pod).forEach(event -> lines.add("  event: " + event));
        worst(pod).ifPresent(container -> log(pod, container).forEach(line -> lines.add("  log: " + line)));
        return lines;
    }

    private List<ObjectNode> unready(ObjectNode deployment) {
        String selector = deployment.path("spec").path("selector").path("matchLabels").properties().stream()
                .map(label -> label.getKey() + "=" + label.getValue().asString("")).collect(Collectors.joining(","));
        try {
            return api.list(ObjectType.POD, deployment.path("metadata").path("namespace").asString(""), selector).stream()
                    .filter(pod -> !isReady(pod) && !pod.path("metadata").has("deletionTimestamp"))
                    .sorted(Comparator.comparing((ObjectNode pod) -> pod.path("metadata").path("creationTimestamp").asString(""))
                            .reversed()).toList();
        } catch (ApiException e) {
            return List.of();
        }
    }

    private static boolean isReady(ObjectNode pod) {
        return Readiness.condition(pod, "Ready").filter(each -> each.path("status").asString("").equals("True")).isPresent();
    }

    /** As {@code ImagePullBackOff: Back-off pulling image …}; empty if nothing is wrong but that it is not ready. */
    private static String state(ObjectNode pod) {
        Optional<JsonNode> scheduled = Readiness.condition(pod, "PodScheduled")
                .filter(each -> each.path("status").asString("").equals("False"));
        if (scheduled.isPresent()) {
            return described(scheduled.get());
        }
        return worst(pod).map(PodReasons::containerState).orElse("");
    }

    private static String containerState(JsonNode container) {
        String waiting = described(container.path("state").path("waiting"));
        JsonNode ended = container.path("state").path("terminated").isObject()
                ? container.path("state").path("terminated") : container.path("lastState").path("terminated");
        String exit = ended.isObject() ? "exit code %d%s".formatted(ended.path("exitCode").asInt(0),
                brackets(ended.path("reason").asString(""))) : "";
        String text = waiting.isEmpty() ? exit : exit.isEmpty() ? waiting : waiting + "; last " + exit;
        int restarts = container.path("restartCount").asInt(0);
        if (text.isEmpty()) {
            return "container " + container.path("name").asString("") + " runs and is not ready";
        }
        return "container " + container.path("name").asString("") + " " + text
                + (restarts > 0 ? ", restarted " + restarts + " times" : "");
    }

    private static Optional<JsonNode> worst(ObjectNode pod) {
        List<JsonNode> containers = new ArrayList<>();
        pod.path("status").path("initContainerStatuses").forEach(containers::add);
        pod.path("status").path("containerStatuses").forEach(containers::add);
        return containers.stream().filter(each -> !each.path("ready").asBoolean(false)).findFirst();
    }

    private List<String> events(ObjectNode pod) {
        try {
            List<ObjectNode> events = api.listByField(ObjectType.EVENT, pod.path("metadata").path("namespace").asString(""),
                    "involvedObject.name=" + name(pod));
            return events.stream().filter(event -> event.path("type").asString("").equals("Warning"))
                    .sorted(Comparator.comparing((ObjectNode event) -> event.path("lastTimestamp").asString("")).reversed())
                    .map(event -> cut(described(event))).distinct().limit(MAX_EVENTS).toList();
        } catch (ApiException e) {
            return List.of();
        }
    }

    // What a container that was started again said before it ended is what one wants to know.
    private List<String> log(ObjectNode pod, JsonNode container) {
        if (container.path("containerID").asString("").isEmpty() && container.path("restartCount").asInt(0) == 0) {
            return List.of();
        }
        try {
            return api.log(pod.path("metadata").path("namespace").asString(""), name(pod), container.path("name").asString(""),
                    LOG_LINES, container.path("restartCount").asInt(0) > 0).lines().map(PodReasons::cut).toList();
        } catch (ApiException e) {
            return List.of();
        }
    }

    private static String described(JsonNode state) {
        String reason = state.path("reason").asString("");
        String message = cut(state.path("message").asString(""));
        return reason.isEmpty() || message.isEmpty() ? reason + message : reason + ": " + message;
    }

    private static String brackets(String text) {
        return text.isEmpty() ? "" : " (" + text + ")";
    }

    private static String orElse(String text, String fallback) {
        return text.isEmpty() ? fallback : text;
    }

    private static String cut(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() > MAX_LINE ? line.substring(0, MAX_LINE) + "…" : line;
    }

    private static String name(ObjectNode pod) {
        return pod.path("metadata").path("name").asString("");
    }
}
