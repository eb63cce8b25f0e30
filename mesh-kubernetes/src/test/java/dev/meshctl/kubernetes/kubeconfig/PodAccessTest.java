package dev.meshctl.kubernetes.kubeconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.kubernetes.failure.ApiException;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodAccessTest {
    @TempDir
    Path files;

    @Test
    void a_pod_is_told_by_its_variables_and_reads_its_token_anew() throws IOException {
        Files.writeString(files.resolve("token"), "first\n");
        Config access = new PodAccess(Map.of("KUBERNETES_SERVICE_HOST", "fd00::1", "KUBERNETES_SERVICE_PORT", "6443"), files)
                .config();
        assertThat(access.getMasterUrl()).startsWith("https://[fd00::1]:6443");
        assertThat(access.getCaCertFile()).isEqualTo(files.resolve("ca.crt").toString());
        assertThat(access.getOauthTokenProvider().getToken()).isEqualTo("first");

        Files.writeString(files.resolve("token"), "second");
        assertThat(access.getOauthTokenProvider().getToken()).isEqualTo("second");
    }

    @Test
    void what_is_no_pod_says_so() {
        assertThatThrownBy(() -> new PodAccess(Map.of(), files).config()).isInstanceOfSatisfying(ApiException.class,
                e -> assertThat(e.failure().what()).isEqualTo("this is no pod of a Kubernetes cluster"));
        assertThatThrownBy(() -> new PodAccess(Map.of("KUBERNETES_SERVICE_HOST", "10.0.0.1"), files).config())
                .isInstanceOf(ApiException.class);
    }
}
