package dev.meshctl.kubernetes.kubeconfig;

import java.io.File;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Which files a kubeconfig is merged from.
 *
 * @param paths absolute, in order
 * @param mustExist named by the user for this cluster; files that only a variable names may be missing, as for kubectl
 */
public record KubeconfigFiles(List<Path> paths, boolean mustExist) {
    public KubeconfigFiles {
        paths = List.copyOf(paths);
    }

    /** Named by the user: all must exist. */
    public static KubeconfigFiles given(List<Path> paths) {
        return new KubeconfigFiles(paths, true);
    }

    /**
     * As kubectl finds them: what {@code KUBECONFIG} lists, else {@code ~/.kube/config}.
     *
     * @param variables of the environment
     * @param directory what relative paths are relative to
     */
    public static KubeconfigFiles ofEnvironment(Map<String, String> variables, Path directory) {
        List<Path> listed = split(variables.getOrDefault("KUBECONFIG", ""), directory);
        if (!listed.isEmpty()) {
            return new KubeconfigFiles(listed, false);
        }
        String home = variables.getOrDefault("HOME", System.getProperty("user.home"));
        return new KubeconfigFiles(List.of(Path.of(home, ".kube", "config")), false);
    }

    /** The paths of a list with the system's separator, without repetitions, made absolute. */
    public static List<Path> split(String list, Path directory) {
        return Arrays.stream(list.split(File.pathSeparator)).filter(path -> !path.isBlank())
                .map(path -> directory.resolve(path).toAbsolutePath().normalize()).distinct().toList();
    }

    @Override
    public String toString() {
        return String.join(File.pathSeparator, paths.stream().map(Path::toString).toList());
    }
}
