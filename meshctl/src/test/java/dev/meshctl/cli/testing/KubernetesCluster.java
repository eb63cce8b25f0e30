package dev.meshctl.cli.testing;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.testing.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** What an API server says of an installed mesh, and kubeconfigs that lead to it. */
public final class KubernetesCluster {
    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/mesh-system/deployments";
    private static final String PODS = "/api/v1/namespaces/mesh-system/pods";
    private static final String BUNDLE = "/api/v1/namespaces/mesh-system/configmaps/mesh-bundle";
    private static final String TOKEN = "/api/v1/namespaces/mesh-system/serviceaccounts/meshctl-admin/token";

    private KubernetesCluster() {}

    /** Nothing is installed. */
    public static FakeApiServer empty() {
        return new FakeApiServer().answer("GET", DEPLOYMENTS, list("DeploymentList"))
                .answer("GET", PODS, list("PodList"));
    }

    /** A trust bridge and a control plane, one pod each. */
    public static FakeApiServer installed() {
        return new FakeApiServer()
                .answer("GET", DEPLOYMENTS, list("DeploymentList", deployment("control-plane"), deployment("trust-bridge")))
                .answer("GET", PODS, pods(true));
    }

    /** The pods of both, those of the trust bridge ready, those of the control plane perhaps. */
    public static Function<FakeApiServer.Asked, FakeApiServer.Answer> pods(boolean controlPlaneReady) {
        return asked -> new FakeApiServer.Answer(200, list("PodList", Stream.of("control-plane", "trust-bridge")
                .filter(name -> !asked.selector().contains("kubernetes.io/name=")
                        || asked.selector().contains("kubernetes.io/name=" + name))
                .map(name -> pod(name, controlPlaneReady || name.equals("trust-bridge"))).toArray(String[]::new)));
    }

    /** Its parts are those of a cluster that runs in this JVM. */
    public static FakeApiServer around(TestCluster mesh) throws IOException {
        TrustDomain domain = TrustDomain.ofCluster(mesh.name());
        String bundle = Files.readString(mesh.directory().resolve("trust-bridge").resolve("bundle.json"));
        return installed()
                .answer("GET", BUNDLE, JsonMapper.shared().writeValueAsString(Map.of("apiVersion", "v1", "kind", "ConfigMap",
                        "metadata", Map.of("name", "mesh-bundle", "namespace", "mesh-system"),
                        "data", Map.of("bundle.json", bundle))))
                .answer("POST", TOKEN, asked -> token(asked.body(), mesh, domain))
                .forward("control-plane-1", 15012, mesh.address("control-plane/api"))
                .forward("trust-bridge-1", 15013, mesh.address("trust-bridge/signing"));
    }

    private static FakeApiServer.Answer token(String body, TestCluster mesh, TrustDomain domain) {
        if (!body.contains("meshctl.dev/trust-bridge")) {
            return FakeApiServer.refusal(422, "Invalid", "the token is for somebody else: " + body);
        }
        return new FakeApiServer.Answer(201, "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenRequest\","
                + "\"status\":{\"token\":\"" + mesh.token(SpiffeId.of(domain, SystemIdentity.ADMIN))
                + "\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}");
    }

    /** A kubeconfig with one context of the given name. */
    public static Path kubeconfig(Path file, String context, String server) throws IOException {
        return Files.writeString(file, """
                apiVersion: v1
                kind: Config
                current-context: %s
                contexts: [{name: %s, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: '%s'}}]
                users: [{name: u, user: {token: of-the-user}}]
                """.formatted(context, context, server));
    }

    public static String list(String kind, String... items) {
        return "{\"kind\":\"" + kind + "\",\"apiVersion\":\"v1\",\"metadata\":{},\"items\":["
                + Arrays.stream(items).collect(Collectors.joining(",")) + "]}";
    }

    public static String deployment(String name) {
        return """
                {"metadata": {"name": "%1$s", "namespace": "mesh-system", "labels": {"app.kubernetes.io/name": "%1$s",
                   "app.kubernetes.io/part-of": "meshctl", "app.kubernetes.io/version": "1.2.3"}},
                 "spec": {"replicas": 1,
                   "selector": {"matchLabels": {"app.kubernetes.io/name": "%1$s", "app.kubernetes.io/part-of": "meshctl"}},
                   "template": {"spec": {"containers": [{"name": "%1$s", "image": "example.org/meshctl:1.2.3"}]}}},
                 "status": {"replicas": 1}}""".formatted(name);
    }

    /** Ready, or ended by the kernel for its memory and waiting to be started again. */
    public static String pod(String deployment, boolean ready) {
        String state = ready ? "\"ready\": true, \"restartCount\": 0, \"state\": {\"running\": {}}"
                : "\"ready\": false, \"restartCount\": 4, \"state\": {\"waiting\": {\"reason\": \"CrashLoopBackOff\"}},"
                        + " \"lastState\": {\"terminated\": {\"reason\": \"OOMKilled\", \"exitCode\": 137}}";
        return """
                {"metadata": {"name": "%1$s-1", "namespace": "mesh-system",
                   "labels": {"app.kubernetes.io/name": "%1$s", "app.kubernetes.io/part-of": "meshctl"}},
                 "spec": {"containers": [{"name": "%1$s", "image": "example.org/meshctl:1.2.3",
                   "ports": [{"containerPort": 15012}]}]},
                 "status": {"phase": "Running", "podIP": "10.1.2.3", "startTime": "2026-01-01T00:00:00Z",
                   "conditions": [{"type": "Ready", "status": "%2$s"}],
                   "containerStatuses": [{"name": "%1$s", %3$s}]}}"""
                .formatted(deployment, ready ? "True" : "False", state);
    }
}
