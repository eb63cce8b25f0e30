package dev.meshctl.kubernetes.kubeconfig;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The cluster that this process runs in as a pod, by its service account, whatever kubeconfig there may be as well.
 *
 * @see <a href="https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/">Accessing the API from a pod</a>
 */
public final class PodAccess {
    /** Where the kubelet puts the files of the service account. */
    public static final Path DIRECTORY = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private final Map<String, String> variables;
    private final Path directory;

    /** @param directory usually {@link #DIRECTORY} */
    public PodAccess(Map<String, String> variables, Path directory) {
        this.variables = variables;
        this.directory = directory;
    }

    /** @throws ApiException {@link Cause#BAD_KUBECONFIG} if this is no pod, or one without a token */
    public void check() {
        if (variables.getOrDefault("KUBERNETES_SERVICE_HOST", "").isEmpty() || !Files.isReadable(token())) {
            throw new ApiException(new ApiFailure(Cause.BAD_KUBECONFIG, "this is no pod of a Kubernetes cluster",
                    "KUBERNETES_SERVICE_HOST and " + token() + " are there in pods only", "name a context of a kubeconfig"));
        }
    }

    /** The configuration of a client. The token is read for each request: the kubelet renews it. */
    public Config config() {
        check();
        String host = variables.getOrDefault("KUBERNETES_SERVICE_HOST", "");
        String port = variables.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
        return new ConfigBuilder(Config.empty())
                .withMasterUrl("https://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port)
                .withCaCertFile(directory.resolve("ca.crt").toString())
                .withOauthTokenProvider(this::read)
                .build();
    }

    private String read() {
        try {
            return Files.readString(token()).strip();
        } catch (IOException e) {
            throw new ApiException(new ApiFailure(Cause.BAD_KUBECONFIG, "cannot read the token of the service account",
                    String.valueOf(e.getMessage()), "ls -l " + token()), e);
        }
    }

    private Path token() {
        return directory.resolve("token");
    }
}
