package dev.meshctl.control.admission.inject;

import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The init container that makes the pod's traffic go to the proxy, for IPv4 and IPv6. It ends before any other
 * container starts, and is the only one with a capability: a capability that is added reaches only a process
 * of user 0.
 */
record RedirectSetup(InjectionSettings settings, Tuning tuning) {
    /** Of the container. */
    static final String NAME = "meshctl-redirect";

    ObjectNode container() {
        ObjectNode container = Tree.NODES.objectNode().put("name", NAME).put("image", settings.image());
        Sidecar.pullPolicy(container, settings);
        ArrayNode args = container.putArray("args");
        args.add("redirect");
        flag(args, "proxy-uid", List.of(String.valueOf(settings.identity().proxyUid())));
        flag(args, "inbound-port", List.of(String.valueOf(Sidecar.INBOUND_PORT)));
        flag(args, "outbound-port", List.of(String.valueOf(Sidecar.OUTBOUND_PORT)));
        flag(args, "dns-port", List.of(String.valueOf(Sidecar.DNS_PORT)));
        flag(args, "backend", List.of(tuning.redirectBackend()));
        // Probes and scrapes come from outside of the mesh.
        flag(args, "exclude-inbound-ports", Stream.concat(
                Stream.of(String.valueOf(Sidecar.METRICS_PORT)), tuning.inbound().ports().stream()).distinct().toList());
        flag(args, "exclude-inbound-cidrs", tuning.inbound().cidrs());
        flag(args, "exclude-outbound-ports", tuning.outbound().ports());
        flag(args, "exclude-outbound-cidrs", tuning.outbound().cidrs());
        container.set("resources", Sidecar.resources(tuning.resources()));
        container.set("securityContext", securityContext());
        return container.put("terminationMessagePolicy", "FallbackToLogsOnError");
    }

    private static void flag(ArrayNode args, String name, List<String> values) {
        if (!values.isEmpty()) {
            args.add("--" + name + "=" + String.join(",", values));
        }
    }

    private static ObjectNode securityContext() {
        ObjectNode context = Tree.NODES.objectNode()
                .put("allowPrivilegeEscalation", false)
                .put("privileged", false)
                .put("readOnlyRootFilesystem", true)
                .put("runAsNonRoot", false)
                .put("runAsUser", 0)
                .put("runAsGroup", 0);
        ObjectNode capabilities = context.putObject("capabilities");
        capabilities.putArray("drop").add("ALL");
        capabilities.putArray("add").add("NET_ADMIN");
        context.putObject("seccompProfile").put("type", "RuntimeDefault");
        return context;
    }
}
