package dev.meshctl.kubernetes.kubeconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.client.Config;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KubeconfigTest {
    @TempDir
    Path home;

    private Path write(String name, String... lines) throws IOException {
        Path file = home.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    private Path context(String file, String context, String server, String token) throws IOException {
        return write(file, "current-context: " + context,
                "contexts: [{name: " + context + ", context: {cluster: c, user: u, namespace: shop}}]",
                "clusters: [{name: c, cluster: {server: '" + server + "'}}]",
                "users: [{name: u, user: {token: " + token + "}}]");
    }

    private static void refused(Cause cause, String why, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.failure().cause()).isEqualTo(cause);
            assertThat(e.failure().why()).contains(why);
            assertThat(e.failure().next()).isNotEmpty();
        });
    }

    @Test
    void of_several_files_the_first_one_that_names_something_wins() throws IOException {
        Path one = context("one", "a", "https://one:6443", "first");
        Path two = context("two", "b", "https://two:6443", "second");

        Kubeconfig merged = Kubeconfig.read(KubeconfigFiles.ofEnvironment(
                Map.of("KUBECONFIG", one + File.pathSeparator + two + File.pathSeparator + one), home));

        assertThat(merged.contexts()).containsExactly("a", "b");
        assertThat(merged.current()).contains("a");
        Config access = merged.access("b").config(Map.of());
        assertThat(access.getMasterUrl()).startsWith("https://one:6443");
        assertThat(access.getOauthToken()).isEqualTo("first");
        assertThat(access.getNamespace()).isEqualTo("shop");
    }

    @Test
    void a_missing_file_of_the_variable_is_skipped_but_not_one_that_was_named() throws IOException {
        Path there = context("there", "a", "https://one:6443", "t");
        Path missing = home.resolve("missing");

        assertThat(Kubeconfig.read(new KubeconfigFiles(List.of(missing, there), false)).contexts()).containsExactly("a");
        refused(Cause.BAD_KUBECONFIG, "no such file", () -> Kubeconfig.read(KubeconfigFiles.given(List.of(missing, there))));
    }

    @Test
    void without_a_variable_the_file_in_the_home_directory_is_meant() {
        KubeconfigFiles files = KubeconfigFiles.ofEnvironment(Map.of("HOME", home.toString()), home);

        assertThat(files.paths()).containsExactly(home.resolve(".kube/config"));
        refused(Cause.BAD_KUBECONFIG, "there is no file " + home.resolve(".kube/config"), () -> Kubeconfig.read(files));
    }

    @Test
    void an_unknown_context_is_told_with_those_that_exist() throws IOException {
        Kubeconfig config = Kubeconfig.read(KubeconfigFiles.given(List.of(context("f", "prod-eu", "https://x", "t"))));

        refused(Cause.NO_CONTEXT, "contexts there: prod-eu", () -> config.access("prod-us"));
    }

    @Test
    void what_a_context_names_must_exist() throws IOException {
        Path file = write("f", "contexts: [{name: a, context: {cluster: c, user: u}}]",
                "clusters: [{name: c, cluster: {server: 'https://x'}}]", "users: []");

        refused(Cause.BAD_KUBECONFIG, "user \"u\"", () -> Kubeconfig.read(KubeconfigFiles.given(List.of(file))).access("a"));
    }

    @Test
    void a_file_that_is_no_kubeconfig_is_told_apart_from_one_that_may_not_be_read() throws IOException {
        Path text = write("text", "- just", "- a list");
        refused(Cause.BAD_KUBECONFIG, "no kubeconfig", () -> Kubeconfig.read(KubeconfigFiles.given(List.of(text))));

        refused(Cause.BAD_KUBECONFIG, "cannot be read", () -> Kubeconfig.read(KubeconfigFiles.given(List.of(home))));
    }

    @Test
    void relative_paths_are_relative_to_the_file_they_stand_in() throws IOException {
        write("keys/ca.pem", "CA");
        write("keys/token", "from-file ");
        Path file = write("conf/f", "contexts: [{name: a, context: {cluster: c, user: u}}]",
                "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority: ../keys/ca.pem}}]",
                "users: [{name: u, user: {tokenFile: ../keys/token}}]");

        Config access = Kubeconfig.read(KubeconfigFiles.given(List.of(file))).access("a").config(Map.of());

        assertThat(access.getCaCertFile()).isEqualTo(home.resolve("keys/ca.pem").toString());
        assertThat(access.getOauthToken()).isEqualTo("from-file");
    }

    @Test
    void a_missing_certificate_is_named() throws IOException {
        Path file = write("f", "contexts: [{name: a, context: {cluster: c, user: u}}]",
                "clusters: [{name: c, cluster: {server: 'https://x', certificate-authority: gone.pem}}]",
                "users: [{name: u, user: {token: t}}]");

        refused(Cause.BAD_KUBECONFIG, "gone.pem cannot be read",
                () -> Kubeconfig.read(KubeconfigFiles.given(List.of(file))).access("a").config(Map.of()));
    }

    @Test
    void credentials_come_from_the_plugin_with_its_arguments_and_variables() throws IOException {
        plugin("bin/cloud-login", "echo noise >&2",
                "printf '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"%s-%s\"}}' \"$1\" \"$REGION\"");
        Path file = withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: cloud-login, args: [token],"
                + " env: [{name: REGION, value: eu}]}");

        Config access = access(file, home.resolve("bin") + File.pathSeparator + "/usr/bin:/bin");

        assertThat(access.getOauthTokenProvider().getToken()).isEqualTo("token-eu");
    }

    @Test
    void a_plugin_is_asked_once_while_its_credentials_are_good_and_again_when_they_end() throws IOException {
        Path asked = home.resolve("asked");
        plugin("good", "echo x >> " + asked, "echo '{\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2999-01-01T00:00:00Z\"}}'");
        Config good = access(withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: ./good}"), "/bin");
        good.getOauthTokenProvider().getToken();
        good.getOauthTokenProvider().getToken();
        assertThat(Files.readAllLines(asked)).hasSize(1);

        plugin("good", "echo x >> " + asked, "echo '{\"status\":{\"token\":\"t\",\"expirationTimestamp\":\"2001-01-01T00:00:00Z\"}}'");
        Config ended = access(withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: ./good}"), "/bin");
        ended.getOauthTokenProvider().getToken();
        assertThat(Files.readAllLines(asked)).hasSize(3);
    }

    @Test
    void a_plugin_that_is_missing_says_how_to_install_it() throws IOException {
        Path file = withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: cloud-login,"
                + " installHint: 'get it from example.org'}");

        assertThatThrownBy(() -> access(file, "/nowhere")).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.failure().cause()).isEqualTo(Cause.CREDENTIAL_PLUGIN);
            assertThat(e.failure().why()).isEqualTo("credential plugin \"cloud-login\" is not on the PATH");
            assertThat(e.failure().next()).isEqualTo("get it from example.org");
        });
    }

    @Test
    void a_plugin_that_fails_is_quoted() throws IOException {
        plugin("broken", "echo 'session has expired' >&2", "exit 3");
        Path file = withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: ./broken}");

        refused(Cause.CREDENTIAL_PLUGIN, "ended with 3: session has expired", () -> access(file, "/bin"));
    }

    @Test
    void what_a_plugin_prints_is_never_told() throws IOException {
        plugin("secret", "echo 'very-secret-token'");
        Path file = withPlugin("{apiVersion: client.authentication.k8s.io/v1, command: ./secret}");

        assertThatThrownBy(() -> access(file, "/bin")).isInstanceOfSatisfying(ApiException.class,
                e -> assertThat(e.failure().toString()).contains("printed no ExecCredential").doesNotContain("very-secret"));
    }

    @Test
    void an_auth_provider_of_the_past_is_refused_with_the_way_out() throws IOException {
        Path file = write("f", "contexts: [{name: a, context: {cluster: c, user: u}}]",
                "clusters: [{name: c, cluster: {server: 'https://x'}}]",
                "users: [{name: u, user: {auth-provider: {name: gcp}}}]");

        refused(Cause.BAD_KUBECONFIG, "auth-provider (\"gcp\")", () -> access(file, "/bin"));
    }

    private Path withPlugin(String exec) throws IOException {
        return write("f", "contexts: [{name: a, context: {cluster: c, user: u}}]",
                "clusters: [{name: c, cluster: {server: 'https://x'}}]", "users: [{name: u, user: {exec: " + exec + "}}]");
    }

    private static Config access(Path file, String path) {
        return Kubeconfig.read(KubeconfigFiles.given(List.of(file))).access("a").config(Map.of("PATH", path));
    }

    private void plugin(String name, String... lines) throws IOException {
        Path file = write(name, "#!/bin/sh\n" + String.join("\n", lines));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }
}
