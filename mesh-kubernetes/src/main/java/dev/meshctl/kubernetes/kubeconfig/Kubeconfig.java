package dev.meshctl.kubernetes.kubeconfig;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.Context;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Kubeconfig files merged as kubectl merges them: of contexts, clusters and users of the same name the first file's
 * is taken whole, and the first current context that is set. Relative paths are relative to the file they stand in.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/">Kubernetes:
 *     merging kubeconfig files</a>
 */
public final class Kubeconfig {
    private static final long MAX_BYTES = 4 << 20;

    /** Something of a file, which its relative paths start from. */
    private record Placed<T>(T value, Path directory) {}

    private final KubeconfigFiles files;
    private final Map<String, Context> contexts = new LinkedHashMap<>();
    private final Map<String, Placed<Cluster>> clusters = new LinkedHashMap<>();
    private final Map<String, Placed<AuthInfo>> users = new LinkedHashMap<>();
    private String current = "";

    private Kubeconfig(KubeconfigFiles files) {
        this.files = files;
    }

    /**
     * Reads and merges.
     *
     * @throws ApiException {@link Cause#BAD_KUBECONFIG} if a file is missing that must exist, or cannot be read
     */
    public static Kubeconfig read(KubeconfigFiles files) {
        Kubeconfig merged = new Kubeconfig(files);
        boolean any = false;
        for (Path file : files.paths()) {
            Optional<io.fabric8.kubernetes.api.model.Config> read = parse(file, files.mustExist());
            any |= read.isPresent();
            read.ifPresent(config -> merged.add(config, directoryOf(file)));
        }
        if (!any) {
            throw bad("cannot read the kubeconfig", "there is no file " + files,
                    "set KUBECONFIG, or name one with --kubeconfig", null);
        }
        return merged;
    }

    private static Optional<io.fabric8.kubernetes.api.model.Config> parse(Path file, boolean mustExist) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw bad(unreadable(file), "it is larger than " + MAX_BYTES + " bytes", "name another file", null);
            }
            io.fabric8.kubernetes.api.model.Config parsed =
                    Serialization.unmarshal(Files.readString(file), io.fabric8.kubernetes.api.model.Config.class);
            return Optional.ofNullable(parsed);
        } catch (NoSuchFileException e) {
            if (!mustExist) {
                return Optional.empty();
            }
            throw bad(unreadable(file), "there is no such file", "name one that exists with --kubeconfig", e);
        } catch (AccessDeniedException e) {
            throw bad(unreadable(file), "you may not read it", "ls -l " + file, e);
        } catch (IOException e) {
            throw bad(unreadable(file), "it cannot be read (" + e.getMessage() + ")", "ls -l " + file, e);
        } catch (IllegalArgumentException | io.fabric8.kubernetes.client.KubernetesClientException e) {
            throw bad(unreadable(file), "it is no kubeconfig in YAML or JSON", "check it with: kubectl config view"
                    + " --kubeconfig " + file, e);
        }
    }

    private static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private void add(io.fabric8.kubernetes.api.model.Config config, Path directory) {
        for (var named : config.getContexts()) {
            if (named.getContext() != null) {
                contexts.putIfAbsent(named.getName(), named.getContext());
            }
        }
        for (var named : config.getClusters()) {
            if (named.getCluster() != null) {
                clusters.putIfAbsent(named.getName(), new Placed<>(named.getCluster(), directory));
            }
        }
        for (var named : config.getUsers()) {
            if (named.getUser() != null) {
                users.putIfAbsent(named.getName(), new Placed<>(named.getUser(), directory));
            }
        }
        if (current.isEmpty() && config.getCurrentContext() != null) {
            current = config.getCurrentContext();
        }
    }

    /** The names of all contexts, in order. */
    public List<String> contexts() {
        return List.copyOf(contexts.keySet());
    }

    /** The current context, if one is set. */
    public Optional<String> current() {
        return Optional.of(current).filter(name -> !name.isEmpty());
    }

    /** The files. */
    public KubeconfigFiles files() {
        return files;
    }

    /**
     * How to reach the cluster of a context, and as whom. Runs no credential plugin yet.
     *
     * @throws ApiException {@link Cause#NO_CONTEXT} if there is no such context, {@link Cause#BAD_KUBECONFIG} if what
     *     it names is missing
     */
    public ContextAccess access(String name) {
        String what = "cannot use context \"" + name + "\"";
        Context context = contexts.get(name);
        if (context == null) {
            throw new ApiException(new ApiFailure(Cause.NO_CONTEXT, what, "it is not in " + files
                    + (contexts.isEmpty() ? ", which has none" : "; contexts there: " + String.join(", ", contexts.keySet())),
                    "kubectl config get-contexts"));
        }
        Placed<Cluster> cluster = clusters.get(String.valueOf(context.getCluster()));
        if (cluster == null || cluster.value().getServer() == null || cluster.value().getServer().isEmpty()) {
            throw bad(what, "its cluster \"" + context.getCluster() + "\" has no server in " + files,
                    "kubectl config set-cluster " + context.getCluster() + " --server=https://HOST:6443", null);
        }
        Placed<AuthInfo> user = users.get(String.valueOf(context.getUser()));
        if (user == null) {
            throw bad(what, "its user \"" + context.getUser() + "\" is not in " + files,
                    "kubectl config set-credentials " + context.getUser() + " …", null);
        }
        return new ContextAccess(name, new ContextAccess.Server(cluster.value(), cluster.directory()),
                new ContextAccess.User(user.value(), user.directory()),
                Optional.ofNullable(context.getNamespace()).orElse(""));
    }

    private static String unreadable(Path file) {
        return "cannot read kubeconfig " + file;
    }

    static ApiException bad(String what, String why, String next, @Nullable Throwable cause) {
        return new ApiException(new ApiFailure(Cause.BAD_KUBECONFIG, what, why, next), cause);
    }
}
