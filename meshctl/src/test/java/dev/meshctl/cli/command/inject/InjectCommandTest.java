package dev.meshctl.cli.command.inject;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.Main;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.cli.install.kubernetes.render.Target;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import dev.meshctl.control.admission.inject.InjectionFile;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.manifest.Manifests;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InjectCommandTest {
    private static final String WEB = """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
              namespace: shop
            spec:
              template:
                spec:
                  containers:
                    - name: web
                      image: web:1
            """;
    private static final String SERVICE = """
            # a comment that stays
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            """;

    @TempDir
    Path home;

    private record Said(int code, String out, String err) {}

    private Said meshctl(String in, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Environment environment = new Environment(Map.of("MESHCTL_HOME", home.toString()), home,
                new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)), stream(out), stream(err),
                Environment.Terminals.NONE, 100);
        try (Context context = Context.of(environment)) {
            int code = Main.run(arguments, context);
            return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    @Test
    void manifests_get_what_the_webhook_of_such_an_installation_gives() throws Exception {
        String settings = "proxy.resources.limits.memory=512Mi";
        String rendered = Rendering.of(new Target("prod", "dev"), new ValuesReader(Profile.HA).set(settings).read())
                .objects().stream().filter(object -> object.key().toString().equals("ConfigMap mesh-system/control-plane"))
                .findFirst().orElseThrow().tree().path("data").path("injection.json").asString();
        Injector webhook = new Injector(InjectionFile.read(rendered, "mesh-system", "default", true));

        Said said = meshctl(WEB, "inject", "-f", "-", "--cluster", "prod", "--profile", "ha", "--set", settings);

        assertThat(said.err()).isEqualTo("<stdin>:1: Deployment shop/web: proxy added\n");
        assertThat(said.out().strip()).isEqualTo(Manifests.inject("x", WEB, "", webhook).text().strip());
        assertThat(said.out()).contains("512Mi").contains("prod.mesh");
        assertThat(said.code()).isZero();
    }

    @Test
    void what_was_put_in_is_taken_out_again() {
        String injected = meshctl(WEB, "inject", "-f", "-", "--cluster", "prod").out();

        Said said = meshctl(injected, "uninject", "-f", "-");

        assertThat(said.err()).contains("proxy taken out");
        assertThat(said.out().strip().replaceFirst("^---\n", "")).isEqualTo(WEB.strip());
    }

    @Test
    void a_cluster_of_the_fleet_brings_its_trust_domain_and_values_bring_theirs() throws IOException {
        meshctl("", "cluster", "add", "west", "--local", "--trust-domain", "west.example");

        assertThat(meshctl(WEB, "inject", "-f", "-").out()).contains("value: west.example");

        Files.writeString(home.resolve("values.yaml"), "trustDomain: other.example\n");
        assertThat(meshctl(WEB, "inject", "-f", "-", "--cluster", "elsewhere", "--values", "values.yaml").out())
                .contains("value: other.example");
    }

    @Test
    void directories_are_read_with_those_below_if_asked_for() throws IOException {
        Files.createDirectories(home.resolve("manifests/below"));
        Files.writeString(home.resolve("manifests/a.yaml"), SERVICE);
        Files.writeString(home.resolve("manifests/below/b.yaml"), WEB);
        Files.writeString(home.resolve("manifests/readme.md"), "no manifest");

        Said shallow = meshctl("", "inject", "-f", "manifests", "--cluster", "prod");
        Said deep = meshctl("", "inject", "-R", "-f", "manifests", "--cluster", "prod");

        assertThat(shallow.out().strip()).isEqualTo(SERVICE.strip());
        assertThat(deep.out()).startsWith(SERVICE + "---\n").contains("meshctl-proxy");
        assertThat(deep.err()).isEqualTo("manifests/below/b.yaml:1: Deployment shop/web: proxy added\n");
    }

    @Test
    void labels_of_a_namespace_in_the_text_decide() {
        String namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {meshctl.dev/inject: disabled}}\n";

        Said said = meshctl(namespace + "---\n" + WEB, "inject", "-f", "-", "--cluster", "prod");

        assertThat(said.out()).doesNotContain("meshctl-proxy");
        assertThat(said.err()).contains("left alone (opted-out)");
    }
}
