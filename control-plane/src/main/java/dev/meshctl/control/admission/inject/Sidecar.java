package dev.meshctl.control.admission.inject;

import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The proxy's container: a native sidecar, so that it runs before the application's containers and init
 * containers, ends after them, and never keeps a job from completing.
 *
 * @param probes what the application's probes were; empty if none was rewritten
 * @param gracePeriodSeconds of the pod
 * @see <a href="https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/">Sidecar containers</a>
 */
record Sidecar(
        InjectionSettings settings, Tuning tuning, PodVolumes volumes, ObjectNode probes, long gracePeriodSeconds) {
    /** Of the container. */
    static final String NAME = "meshctl-proxy";
    static final int ADMIN_PORT = 15000;
    static final int OUTBOUND_PORT = 15001;
    static final int INBOUND_PORT = 15006;
    static final int METRICS_PORT = 15020;
    static final int DNS_PORT = 15053;
    /** Environment variable: {@link ProbeRewrite}'s record, as JSON. */
    static final String APP_PROBES = "MESHCTL_APP_PROBES";
    /** Told to the proxy when the pod begins to end, while the application's containers still run. */
    static final String POD_ENDING = "/pod-ending";

    /** One a second. Ended earlier, a proxy on a busy node would be started over and over, which makes it busier. */
    private static final int START_ATTEMPTS = 300;

    ObjectNode container() {
        ObjectNode container = Tree.NODES.objectNode()
                .put("name", NAME)
                .put("image", settings.image())
                .put("restartPolicy", "Always");
        pullPolicy(container, settings);
        container.putArray("args").add("mesh-proxy");
        ArrayNode ports = container.putArray("ports");
        ports.addObject().put("name", "mesh-inbound").put("containerPort", INBOUND_PORT).put("protocol", "TCP");
        ports.addObject().put("name", "mesh-metrics").put("containerPort", METRICS_PORT).put("protocol", "TCP");
        container.set("env", environment());
        // No liveness probe: a proxy that ended is started again anyway, and one that is slow still has connections.
        container.set("startupProbe", ready(1, START_ATTEMPTS));
        container.set("readinessProbe", ready(10, 3));
        container.putObject("lifecycle").putObject("preStop").putObject("httpGet")
                .put("path", POD_ENDING).put("port", METRICS_PORT);
        container.set("resources", resources(tuning.resources()));
        container.set("securityContext", securityContext());
        container.put("terminationMessagePolicy", "FallbackToLogsOnError");
        container.set("volumeMounts", volumes.mounts());
        return container;
    }

    static void pullPolicy(ObjectNode container, InjectionSettings settings) {
        if (!settings.imagePullPolicy().isEmpty()) {
            container.put("imagePullPolicy", settings.imagePullPolicy());
        }
    }

    private ArrayNode environment() {
        ArrayNode env = Tree.NODES.arrayNode();
        value(env, "MESHCTL_CLUSTER", settings.cluster());
        value(env, "MESHCTL_TRUST_DOMAIN", settings.identity().trustDomain().name());
        value(env, "MESHCTL_REVISION", settings.revision());
        value(env, "MESHCTL_CONTROL_PLANE", settings.controlPlane().toString());
        value(env, "MESHCTL_TRUST_BRIDGE", settings.trustBridge().toString());
        value(env, "MESHCTL_TOKEN_FILE", PodVolumes.TOKEN_FILE);
        value(env, "MESHCTL_TRUST_BUNDLE_FILE", PodVolumes.BUNDLE_FILE);
        value(env, "MESHCTL_STATE_DIR", PodVolumes.STATE_DIRECTORY);
        value(env, "MESHCTL_LOG_LEVEL", tuning.logLevel());
        value(env, "MESHCTL_GRACE_PERIOD_SECONDS", String.valueOf(gracePeriodSeconds));
        tuning.drainSeconds().ifPresent(seconds -> value(env, "MESHCTL_DRAIN_SECONDS", String.valueOf(seconds)));
        ofPod(env, "MESHCTL_POD_NAME", "metadata.name");
        ofPod(env, "MESHCTL_POD_NAMESPACE", "metadata.namespace");
        ofPod(env, "MESHCTL_POD_UID", "metadata.uid");
        ofPod(env, "MESHCTL_SERVICE_ACCOUNT", "spec.serviceAccountName");
        ofPod(env, "MESHCTL_NODE_NAME", "spec.nodeName");
        ofPod(env, "MESHCTL_POD_IPS", "status.podIPs");
        if (!probes.isEmpty()) {
            // Kubernetes expands $(NAME) in values; $$ is a dollar sign.
            value(env, APP_PROBES, probes.toString().replace("$", "$$"));
        }
        return env;
    }

    private static void value(ArrayNode env, String name, String value) {
        if (!value.isEmpty()) {
            env.addObject().put("name", name).put("value", value);
        }
    }

    private static void ofPod(ArrayNode env, String name, String field) {
        ObjectNode entry = env.addObject().put("name", name);
        entry.putObject("valueFrom").putObject("fieldRef").put("apiVersion", "v1").put("fieldPath", field);
    }

    private static ObjectNode ready(int periodSeconds, int failureThreshold) {
        ObjectNode probe = Tree.NODES.objectNode();
        probe.putObject("httpGet").put("path", "/readyz").put("port", METRICS_PORT);
        return probe.put("periodSeconds", periodSeconds).put("timeoutSeconds", 3).put("failureThreshold", failureThreshold);
    }

    static ObjectNode resources(Tuning.Resources resources) {
        ObjectNode node = Tree.NODES.objectNode();
        amounts(node, "requests", resources.cpuRequest(), resources.memoryRequest());
        amounts(node, "limits", resources.cpuLimit(), resources.memoryLimit());
        return node;
    }

    private static void amounts(ObjectNode node, String field, String cpu, String memory) {
        ObjectNode amounts = Tree.NODES.objectNode();
        if (!cpu.isEmpty()) {
            amounts.put("cpu", cpu);
        }
        if (!memory.isEmpty()) {
            amounts.put("memory", memory);
        }
        if (!amounts.isEmpty()) {
            node.set(field, amounts);
        }
    }

    private ObjectNode securityContext() {
        ObjectNode context = Tree.NODES.objectNode()
                .put("allowPrivilegeEscalation", false)
                .put("privileged", false)
                .put("readOnlyRootFilesystem", true)
                .put("runAsNonRoot", true)
                .put("runAsUser", settings.identity().proxyUid())
                .put("runAsGroup", settings.identity().proxyUid());
        context.putObject("capabilities").putArray("drop").add("ALL");
        context.putObject("seccompProfile").put("type", "RuntimeDefault");
        return context;
    }
}
