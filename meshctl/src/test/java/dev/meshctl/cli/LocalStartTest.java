package dev.meshctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A command on local clusters starts fast because it loads nothing of Kubernetes. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
class LocalStartTest {
    @TempDir
    Path home;

    @ParameterizedTest
    @ValueSource(strings = {"cluster list", "status", "services", "version"})
    void a_fleet_of_local_clusters_loads_no_class_of_kubernetes(String command) throws IOException, InterruptedException {
        loadedBy("cluster add west --local");

        List<String> loaded = loadedBy(command);

        assertThat(loaded).contains("dev.meshctl.cli.Main");
        assertThat(loaded).noneMatch(name -> name.startsWith("io.fabric8.") || name.startsWith("dev.meshctl.kubernetes.")
                || name.startsWith("dev.meshctl.cli.platform.kubernetes.")
                || name.startsWith("dev.meshctl.cli.connect.kubernetes."));
    }

    @Test
    void the_first_kubernetes_cluster_brings_them_in() throws IOException, InterruptedException {
        assertThat(loadedBy("cluster add prod --context none"))
                .contains("dev.meshctl.kubernetes.kubeconfig.Kubeconfig");
    }

    private List<String> loadedBy(String command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:class+load=info:stdout:none",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        line.addAll(List.of(command.split(" ")));
        ProcessBuilder builder = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("MESHCTL_HOME", home.toString());
        builder.environment().remove("KUBECONFIG");
        builder.environment().put("HOME", home.toString());
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return out.lines().map(text -> text.split(" ", 2)[0]).toList();
    }
}
