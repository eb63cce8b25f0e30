package dev.meshctl.cli.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The Kubernetes clusters that scripts find in the file {@code kubeconfig} of their directory, by context: {@code good}
 * runs a mesh, {@code empty} none, {@code broken} one whose control plane keeps ending, {@code expired} takes no
 * credentials, {@code narrow} lets nobody see Deployments, {@code away} does not listen, {@code silent} never answers.
 */
public final class ScriptClusters implements AutoCloseable {
    /** The credential in the kubeconfig. */
    public static final String TOKEN = "secret-of-the-user";

    private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/mesh-system/deployments";

    private final Map<String, FakeApiServer> servers = new LinkedHashMap<>();
    private final ServerSocket silent;
    private final ClosedPort away = new ClosedPort();

    /** @param home where the kubeconfig is written */
    public ScriptClusters(Path home) throws IOException {
        servers.put("good", KubernetesCluster.installed());
        servers.put("empty", KubernetesCluster.empty());
        servers.put("broken", KubernetesCluster.installed()
                .answer("GET", "/api/v1/namespaces/mesh-system/pods", KubernetesCluster.pods(false)));
        servers.put("expired", KubernetesCluster.installed().answer("GET", "/version", asked ->
                FakeApiServer.refusal(401, "Unauthorized", "Unauthorized")));
        servers.put("narrow", KubernetesCluster.installed().answer("GET", DEPLOYMENTS, asked -> FakeApiServer.refusal(403,
                "Forbidden", "deployments.apps is forbidden: User \"jane\" cannot list resource \"deployments\" in API group"
                        + " \"apps\" in the namespace \"mesh-system\"")));
        silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Map<String, String> urls = new LinkedHashMap<>();
        servers.forEach((name, server) -> urls.put(name, server.url()));
        urls.put("away", away.url());
        urls.put("silent", "http://127.0.0.1:" + silent.getLocalPort());
        Files.writeString(home.resolve("kubeconfig"), kubeconfig(urls));
        Files.writeString(home.resolve("current"), kubeconfig(urls) + "current-context: empty\n");
        Files.writeString(home.resolve("text"), "- no\n- kubeconfig\n");
    }

    private static String kubeconfig(Map<String, String> urls) {
        StringBuilder contexts = new StringBuilder("apiVersion: v1\nkind: Config\ncontexts:\n");
        StringBuilder clusters = new StringBuilder("clusters:\n");
        urls.forEach((name, url) -> {
            contexts.append("- {name: %1$s, context: {cluster: %1$s, user: u}}\n".formatted(name));
            clusters.append("- {name: %s, cluster: {server: '%s'}}\n".formatted(name, url));
        });
        return contexts + "- {name: plugin, context: {cluster: good, user: p}}\n" + clusters
                + "users:\n- {name: u, user: {token: " + TOKEN + "}}\n"
                + "- {name: p, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-login}}}\n";
    }

    @Override
    public void close() throws IOException {
        servers.values().forEach(FakeApiServer::close);
        silent.close();
        away.close();
    }
}
