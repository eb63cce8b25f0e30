package dev.meshctl.control.admission.inject;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lets the kubelet ask the proxy's port instead of the application's: the kubelet has no SVID, and a TCP probe
 * of a redirected port reaches the proxy, which always answers. The proxy makes the original probe at
 * {@value #BASE}{@code CONTAINER/PROBE} and answers with its outcome. Probes by exec stay as they are, and so do
 * those that name a host, which do not go to the pod.
 *
 * <p>The record of the originals has, by path, the original handler under its own name, the number of the port and
 * the timeout: {@code {"/app-probe/web/liveness": {"httpGet": {…}, "port": 8080, "timeoutSeconds": 1}}}.
 */
final class ProbeRewrite {
    static final String BASE = "/app-probe/";
    private static final List<String> HANDLERS = List.of("httpGet", "tcpSocket", "grpc");
    /** Of a probe that sets none, by the Kubernetes API. */
    private static final int DEFAULT_TIMEOUT_SECONDS = 1;
    /** A lifecycle hook has none but the pod's grace period. */
    private static final int HOOK_TIMEOUT_SECONDS = 30;

    /** A thing that the kubelet calls: its field in a container, and its word in the path. */
    private record Call(List<String> field, String word, boolean hook) {}

    private static final List<Call> CALLS = List.of(
            new Call(List.of("livenessProbe"), "liveness", false),
            new Call(List.of("readinessProbe"), "readiness", false),
            new Call(List.of("startupProbe"), "startup", false),
            new Call(List.of("lifecycle", "postStart"), "post-start", true),
            new Call(List.of("lifecycle", "preStop"), "pre-stop", true));

    private final ObjectNode originals = Tree.NODES.objectNode();
    private final List<String> warnings = new ArrayList<>();

    ObjectNode originals() {
        return originals;
    }

    List<String> warnings() {
        return warnings;
    }

    /** Changes the containers, and the init containers that are sidecars, of a pod's spec. */
    void rewrite(JsonNode spec) {
        probed(spec).forEach(container -> CALLS.forEach(call -> rewrite(container, call)));
    }

    private static Stream<ObjectNode> probed(JsonNode spec) {
        return Stream.concat(Tree.objects(spec.path("containers")).stream(), Tree.objects(spec.path("initContainers")).stream());
    }

    private void rewrite(ObjectNode container, Call call) {
        if (!(at(container, call) instanceof ObjectNode probe)) {
            return;
        }
        Optional<String> handler = HANDLERS.stream().filter(name -> probe.path(name).isObject()).findFirst();
        if (handler.isEmpty() || (call.hook && !handler.get().equals("httpGet"))) {
            return;
        }
        JsonNode original = probe.path(handler.get());
        if (!Tree.text(original, "host").isEmpty()) {
            return;
        }
        String name = Tree.text(container, "name");
        OptionalInt port = port(original.path("port"), container);
        if (port.isEmpty()) {
            warnings.add("the %s of container %s names the port %s, which the container has not; it is left as it is"
                    .formatted(call.hook ? call.word + " hook" : call.word + " probe", name, Tree.described(original.path("port"))));
            return;
        }
        String path = BASE + name + "/" + call.word;
        originals.putObject(path).put("port", port.getAsInt()).put("timeoutSeconds", timeout(probe, call))
                .set(handler.get(), original);
        Tree.exchange(probe, handler.get(), "httpGet",
                Tree.NODES.objectNode().put("path", path).put("port", Sidecar.METRICS_PORT));
    }

    private static int timeout(ObjectNode probe, Call call) {
        JsonNode own = probe.path("timeoutSeconds");
        return call.hook ? HOOK_TIMEOUT_SECONDS : own.isInt() && own.intValue() > 0 ? own.intValue() : DEFAULT_TIMEOUT_SECONDS;
    }

    /** A number, or the name of one of the container's ports. */
    private static OptionalInt port(JsonNode port, ObjectNode container) {
        if (port.isInt()) {
            return OptionalInt.of(port.intValue());
        }
        return Tree.objects(container.path("ports")).stream()
                .filter(p -> port.isString() && port.stringValue().equals(Tree.text(p, "name")) && p.path("containerPort").isInt())
                .mapToInt(p -> p.path("containerPort").intValue())
                .findFirst();
    }

    private static JsonNode at(ObjectNode container, Call call) {
        return Tree.at(container, call.field.toArray(String[]::new));
    }

    /** Puts the originals back wherever the probe is still the rewritten one. */
    static void restore(JsonNode spec, JsonNode originals) {
        probed(spec).forEach(container -> CALLS.forEach(call -> {
            String path = BASE + Tree.text(container, "name") + "/" + call.word;
            if (at(container, call) instanceof ObjectNode probe && Tree.text(probe, "httpGet", "path").equals(path)) {
                HANDLERS.stream().filter(handler -> originals.path(path).has(handler)).findFirst().ifPresent(handler ->
                        Tree.exchange(probe, "httpGet", handler, originals.path(path).path(handler).deepCopy()));
            }
        }));
    }
}
