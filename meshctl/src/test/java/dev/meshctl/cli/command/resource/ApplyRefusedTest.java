package dev.meshctl.cli.command.resource;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Main;
import dev.meshctl.cli.testing.FakeApiServer;
import dev.meshctl.cli.testing.FakeApiServer.Answer;
import dev.meshctl.cli.testing.FakeControlPlane;
import dev.meshctl.cli.testing.FakeServices;
import dev.meshctl.cli.testing.Home.Said;
import dev.meshctl.cli.testing.KubernetesCluster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an API server refuses is told with where it stands in the files. */
class ApplyRefusedTest {
    private static final String ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/";
    private static final String EXPORTS = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/shop/serviceexports/";

    @TempDir
    Path home;

    private final FakeApiServer server = KubernetesCluster.installed();
    private final AtomicInteger written = new AtomicInteger();
    private FakeServices services;

    @BeforeEach
    void start() throws IOException {
        PrintStream nowhere = stream(OutputStream.nullOutputStream());
        services = new FakeServices(environment(nowhere, nowhere), new FakeControlPlane("Succeeded"));
        KubernetesCluster.kubeconfig(home.resolve("kubeconfig"), "good", server.url());
        assertThat(meshctl("cluster", "add", "west", "--context", "good", "--kubeconfig", "kubeconfig").code()).isZero();
        Files.writeString(home.resolve("shop.yaml"), """
                apiVersion: multicluster.x-k8s.io/v1alpha1
                kind: ServiceExport
                metadata:
                  name: payments
                  namespace: shop
                  labels:
                    example.org/team: pay
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata:
                  name: payments
                  namespace: shop
                spec:
                  parentRefs:
                  - name: payments
                  rules:
                  - timeouts:
                      request: 30s
                    backendRefs:
                    - name: payments
                      port: 80
                    - name: refunds
                      weight: 3
                """);
        taken(EXPORTS);
        taken(ROUTES);
    }

    @AfterEach
    void stop() {
        services.close();
        server.close();
    }

    private static PrintStream stream(OutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private Environment environment(PrintStream out, PrintStream err) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString(), "USER", "tester"), home,
                new ByteArrayInputStream(new byte[0]), out, err, Environment.Terminals.NONE, 100);
    }

    private Said meshctl(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(arguments, new Context(environment(stream(out), stream(err)), services));
        return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private void taken(String path) {
        server.answer("PATCH", path + "payments", asked -> {
            written.addAndGet(asked.dryRun() ? 0 : 1);
            return new Answer(200, "{}");
        });
    }

    private void refused(String path, Answer answer) {
        server.answer("PATCH", path + "payments", asked -> answer);
    }

    private void says(String expected) {
        Said said = meshctl("apply", "-f", "shop.yaml", "--yes");
        assertThat(said.err()).isEqualTo(expected);
        assertThat(said.code()).isEqualTo(ExitCode.FAILED);
        assertThat(said.out()).isEmpty();
        assertThat(written).as("nothing is written").hasValue(0);
    }

    @Test
    void each_cause_is_a_line_with_the_place_of_its_field() {
        refused(EXPORTS, FakeApiServer.refusal(422, "Invalid", "is invalid", List.of(
                "metadata.labels[example.org/team]: Invalid value")));
        refused(ROUTES, FakeApiServer.refusal(422, "Invalid", "is invalid", List.of(
                "spec.rules[0].backendRefs[1].weight: Invalid value: 3: must be even",
                "spec.rules[0].backendRefs[0].filters: Required value",
                "<nil>: no such rule")));

        says("""
                error: nothing was changed, the API server refuses 2 resources
                  where: cluster west
                  why:   shop.yaml:7:23: metadata.labels[example.org/team]: Invalid value
                         shop.yaml:24:15: spec.rules[0].backendRefs[1].weight: Invalid value: 3: must be even
                         shop.yaml:21:7: spec.rules[0].backendRefs[0].filters: Required value
                         shop.yaml:9:1: HTTPRoute shop/payments: no such rule
                  next:  correct the named fields
                """);
    }

    @Test
    void fields_that_the_installed_kind_does_not_have_are_found_in_the_message() {
        refused(ROUTES, FakeApiServer.refusal(400, "BadRequest", "HTTPRoute in version \"v1\" cannot be handled as a HTTPRoute:"
                + " strict decoding error: unknown field \"spec.rules[0].timeouts\", unknown field \"spec.rules[0].backendRefs[0].port\""));

        says("""
                error: nothing was changed, the API server refuses HTTPRoute shop/payments
                  where: cluster west
                  why:   shop.yaml:19:7: spec.rules[0].timeouts: unknown field
                         shop.yaml:22:13: spec.rules[0].backendRefs[0].port: unknown field
                  next:  correct the object
                """);
    }

    @Test
    void fields_of_lists_by_key_that_a_typed_patch_does_not_take_are_found_too() {
        refused(ROUTES, FakeApiServer.refusal(500, "InternalError", "failed to create typed patch object (shop/payments;"
                + " gateway.networking.k8s.io/v1, Kind=HTTPRoute): errors:\n  .spec.parentRefs[name=payments].port: expected numeric"
                + "\n  .spec.rules[0].timeouts: field not declared in schema"));

        says("""
                error: nothing was changed, the API server refuses HTTPRoute shop/payments
                  where: cluster west
                  why:   shop.yaml:16:5: spec.parentRefs[name=payments].port: expected numeric
                         shop.yaml:19:7: spec.rules[0].timeouts: field not declared in schema
                  next:  correct the object
                """);
    }

    @Test
    void what_a_webhook_denies_is_told_with_the_field_that_it_names_or_the_place_of_the_resource() {
        refused(EXPORTS, FakeApiServer.refusal(403, "Forbidden", "admission webhook \"owners.example.org\" denied the request:"
                + " exports need an owner"));
        refused(ROUTES, FakeApiServer.refusal(403, "Forbidden", "admission webhook \"limits.example.org\" denied the request:"
                + " spec.rules[0].timeouts.request: at most 10s"));

        says("""
                error: nothing was changed, the API server refuses 2 resources
                  where: cluster west
                  why:   shop.yaml:1:1: ServiceExport shop/payments: admission webhook "owners.example.org" denied the request: exports need an owner
                         shop.yaml:19:16: spec.rules[0].timeouts.request: at most 10s
                  next:  change the object as webhook "owners.example.org" asks
                """);
    }

    @Test
    void a_missing_right_is_told_with_the_place_of_the_resource_and_how_to_check_it() {
        refused(ROUTES, FakeApiServer.refusal(403, "Forbidden", "httproutes.gateway.networking.k8s.io \"payments\" is forbidden: User"
                + " \"jane\" cannot patch resource \"httproutes\" in API group \"gateway.networking.k8s.io\" in the namespace \"shop\""));

        says("""
                error: nothing was changed, the API server refuses HTTPRoute shop/payments
                  where: cluster west
                  why:   shop.yaml:9:1: HTTPRoute shop/payments: user "jane" may not patch httproutes.gateway.networking.k8s.io in namespace shop
                  next:  ask who administers the cluster for this right; check with: kubectl auth can-i patch httproutes.gateway.networking.k8s.io --namespace shop
                """);
    }

    @Test
    void a_dry_run_asks_the_api_server_too() {
        refused(ROUTES, FakeApiServer.refusal(422, "Invalid", "is invalid", List.of("spec.rules: Too many")));

        Said said = meshctl("apply", "-f", "shop.yaml", "--dry-run");

        assertThat(said.code()).isEqualTo(ExitCode.FAILED);
        assertThat(said.err()).contains("shop.yaml:18:3: spec.rules: Too many");
        assertThat(written).hasValue(0);
    }

    @Test
    void credentials_that_are_not_taken_are_the_clusters_error_and_no_ones_line() {
        refused(EXPORTS, FakeApiServer.refusal(401, "Unauthorized", "Unauthorized"));

        Said said = meshctl("apply", "-f", "shop.yaml", "--yes");

        assertThat(said.code()).isEqualTo(ExitCode.FAILED);
        assertThat(said.err()).startsWith("error: cannot apply ServiceExport shop/payments\n  where: cluster west\n  why:   the API server"
                + " does not take the credentials").doesNotContain("shop.yaml");
        assertThat(server.requests()).as("no other is tried").doesNotContain("PATCH " + ROUTES + "payments");
    }

    @Test
    void what_is_refused_after_all_says_what_was_changed_before() {
        server.answer("PATCH", ROUTES + "payments", each -> each.dryRun() ? new Answer(200, "{}")
                : FakeApiServer.refusal(422, "Invalid", "is invalid", List.of("spec.rules: Too many")));

        Said said = meshctl("apply", "-f", "shop.yaml", "--yes");

        assertThat(said.code()).isEqualTo(ExitCode.FAILED);
        assertThat(said.err()).contains("why:   shop.yaml:18:3: spec.rules: Too many\n         changed before that: ServiceExport shop/payments");
        assertThat(written).hasValue(1);
    }
}
