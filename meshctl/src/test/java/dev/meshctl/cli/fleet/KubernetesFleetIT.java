package dev.meshctl.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.cli.testing.Home;
import dev.meshctl.cli.testing.cluster.RunningCluster;
import dev.meshctl.cli.testing.pipeline.DocumentedYaml;
import dev.meshctl.cli.testing.pipeline.GitHubWorkflow;
import dev.meshctl.cli.testing.pipeline.GitLabPipeline;
import dev.meshctl.cli.testing.pipeline.Runner;
import dev.meshctl.testing.Eventually;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A fleet of two clusters on Kubernetes, whose pods really run, and of which each reaches the other's gateway only. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KubernetesFleetIT {
    private static final Path KINDS_OF_OTHERS = Path.of("src/test/resources/cluster/kinds-of-others.yaml").toAbsolutePath();
    private static final Path PIPELINES = Path.of("../docs/ci.md");
    private static final String PAYMENTS = "http://payments.shop.svc.clusterset.local/";
    private static final String BOTH = "west,east";
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String IMPORTS = "serviceimports.multicluster.x-k8s.io";
    private static final String VALUES = """
            trustBridge: {replicas: 1}
            controlPlane: {replicas: 1}
            gateway: {replicas: 1}
            """;

    @TempDir
    static Path directory;

    private static RunningCluster west;
    private static RunningCluster east;
    private static ShopOnKubernetes web;
    private static ShopOnKubernetes payments;
    private static Home home;
    private static Path kubeconfig;
    private static Path values;
    private static List<String> before;

    @BeforeAll
    static void two_clusters() throws Exception {
        Optional<String> impossible = RunningCluster.impossible();
        assumeTrue(impossible.isEmpty(), impossible.orElse(""));
        Path jars = Path.of(System.getProperty("meshctl.dist"));
        west = new RunningCluster(Files.createDirectory(directory.resolve("west")), jars);
        east = new RunningCluster(Files.createDirectory(directory.resolve("east")), jars);
        west.join(east);
        before = east.keys();
        web = new ShopOnKubernetes(west);
        payments = new ShopOnKubernetes(east);
        kubeconfig = Files.writeString(directory.resolve("kubeconfig"),
                RunningCluster.kubeconfig(Map.of("prod-west", west, "prod-east", east)));
        values = Files.writeString(directory.resolve("values.yaml"), VALUES + "networkPolicies: {enabled: false}\n");
        home = person("both", "west", "east");
    }

    @AfterAll
    static void down() throws Exception {
        for (RunningCluster cluster : new RunningCluster[] {west, east}) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    /** Somebody whose fleet has some of the clusters. */
    private static Home person(String name, String... clusters) throws Exception {
        Home home = new Home(directory.resolve(name));
        for (String cluster : clusters) {
            done(home, "cluster", "add", cluster, "--context", "prod-" + cluster, "--kubeconfig", kubeconfig.toString());
        }
        return home;
    }

    private static Home.Said done(Home who, String... command) {
        Home.Said said = who.meshctl(command);
        assertThat(said.code()).as(String.join(" ", command) + "\n" + said.out() + said.err()).isZero();
        return said;
    }

    private static Home.Said done(String... command) {
        return done(home, command);
    }

    private static String fromWeb() {
        return web.call("web-v1", PAYMENTS);
    }

    /** Returns all of the answer. */
    private static String webGets(String part) throws InterruptedException {
        String[] last = {""};
        try {
            Eventually.holds("web calls payments and gets " + part, PATIENCE, () -> (last[0] = fromWeb()).contains(part));
            return last[0];
        } catch (AssertionError late) {
            throw new AssertionError(late.getMessage() + "; at last it got: " + last[0] + "\n" + whoTrustsWhom(), late);
        }
    }

    private static String whoTrustsWhom() {
        return Stream.of("trust status --cluster west,east", "link list --cluster west,east", "proxy list --cluster west,east",
                "proxy log payments.shop --cluster east --tail 20").map(command -> {
                    Home.Said said = home.meshctl(command.split(" "));
                    return "meshctl " + command + "\n" + said.out() + said.err();
                }).collect(Collectors.joining("\n"));
    }

    private static void nothingWasRefused() {
        assertThat(west.refused()).isEmpty();
        assertThat(east.refused()).isEmpty();
        assertThat(west.failedAdmissions()).isEmpty();
        assertThat(east.failedAdmissions()).isEmpty();
    }

    @Test
    @Order(1)
    void one_install_brings_both_up() throws Exception {
        done("install", "--cluster", BOTH, "-f", values.toString(), "--with-crds", KINDS_OF_OTHERS.toString(),
                "--timeout", "5m", "--yes");

        assertThat(done("status", "--cluster", BOTH).out()).contains("west: west.mesh", "east: east.mesh");
        Files.writeString(directory.resolve("mesh.yaml"), "apiVersion: meshctl.dev/v1alpha1\nkind: Mesh\n"
                + "metadata: {name: default}\nspec: {telemetryWindow: 1s}\n");
        done("apply", "-f", directory.resolve("mesh.yaml").toString(), "--cluster", "east", "--yes");
        web.namespace();
        web.service("web");
        web.deployment("web", "v1");
        payments.namespace();
        payments.service("payments");
        payments.deployment("payments", "v1");
        web.ready("web-v1");
        payments.ready("payments-v1");
        nothingWasRefused();
    }

    @Test
    @Order(2)
    void linked_by_contexts_a_pod_of_one_calls_a_service_of_the_other_through_both_gateways() throws Exception {
        done("link", "west", "east", "--yes");
        done("export", "payments.shop", "--cluster", "east", "--yes");

        Eventually.holds("payments is imported", () -> west.find(IMPORTS, "shop", "payments").isPresent());
        // The callee has seen the caller's identity, and the caller where the answer was from.
        assertThat(webGets("200 OK")).contains("URI=spiffe://west.mesh/ns/shop/sa/web", "x-meshctl-served-by: east/v1");
        assertThat(west.list("services", "shop")).as("only the import says where it is").noneMatch(
                service -> service.path("metadata").path("name").asString("").equals("payments"));
        Eventually.holds("west has heard of the one workload", () ->
                done("services", "--cluster", BOTH).out().contains("west\tpayments.shop\t80\tno\teast\tv1 1/1"));
        nothingWasRefused();
    }

    @Test
    @Order(3)
    void verify_finds_nothing_to_say_against_either() throws Exception {
        Eventually.holds("what was done has reached every proxy", PATIENCE, () -> {
            List<String> proxies = done("proxy", "list", "--cluster", BOTH).out().lines().skip(1).toList();
            return proxies.size() == 2 && proxies.stream().allMatch(line -> line.contains("\tin sync\t"));
        });

        List<String> lines = done("verify", "--cluster", BOTH, "--timeout", "60").out().lines().toList();

        // On Kubernetes the kubelet watches over these, pod by pod.
        assertThat(lines.stream().skip(1)).filteredOn(line -> !line.matches("MV0(204|303)\t.*"))
                .hasSizeGreaterThan(30).allMatch(line -> line.contains("\tpass\t"));
        assertThat(lines).anyMatch(line -> line.startsWith("MV0502\twest -> east") && line.contains("calls from shop/web-v1")
                        && line.contains("spiffe://east.mesh/ns/shop/sa/payments") && line.contains("through the gateways"))
                .anyMatch(line -> line.startsWith("MV0502\teast -> west") && line.contains("calls from shop/payments-v1")
                        && line.contains("spiffe://west.mesh/ns/shop/sa/web"));
    }

    @Test
    @Order(4)
    void a_policy_in_one_denies_a_caller_of_the_other() throws Exception {
        done("policy", "deny", "payments.shop", "--from", "sa:web.shop@west", "--name", "no-web", "--cluster", "east", "--yes");

        webGets("403 Forbidden");

        done("delete", "accesspolicy", "no-web", "-n", "shop", "--cluster", "east", "--yes");
        webGets("200 OK");
    }

    @Test
    @Order(5)
    void neither_holds_what_gives_access_to_the_other() {
        assertThat(west.stored()).as("but where its gateway is").contains(east.loadBalancerAddress());
        assertThat(east.secrets()).hasSizeGreaterThan(5).noneMatch(west.stored()::contains);
        assertThat(west.secrets()).hasSizeGreaterThan(5).noneMatch(east.stored()::contains);
    }

    @Test
    @Order(6)
    void the_documented_pipelines_run_as_they_are_written() throws Exception {
        payments.deployment("payments", "v2");
        payments.deployment("payments", "v3", 1, "--error-rate", "1");
        payments.ready("payments-v2", "payments-v3");
        Eventually.holds("the control plane knows all", () ->
                done("services", "--cluster", "east").out().matches("(?s).*v1 1/1.*v2 1/1.*v3 1/1.*"));
        done("traffic", "split", "payments.shop", "v1=100", "v2=0", "v3=0", "--cluster", "east", "--yes");
        Process traffic = west.start("shop", "web-v1", "app", "curl", "-s", "--rate", "40/s", PAYMENTS + "?[1-100000]");
        try {
            gitHubStopsAtTheGate();
            gitLabShifts();
        } finally {
            traffic.destroy();
            traffic.waitFor();
        }
        for (String old : List.of("payments-v1", "payments-v3")) {
            east.delete("deployments.apps", "shop", old);
        }
        webGets("x-meshctl-served-by: east/v2");
        nothingWasRefused();
    }

    // Version 3 answers nothing but errors.
    private static void gitHubStopsAtTheGate() throws Exception {
        GitHubWorkflow.Result result = new GitHubWorkflow(DocumentedYaml.under(PIPELINES, "GitHub Actions")).run("release",
                runner("github"), Map.of("secrets.KUBECONFIG", Files.readString(kubeconfig), "github.run_number", "3",
                        "vars.BAKE", "2s", "vars.MIN_REQUESTS", "10", "vars.MAX_P99", "60s"));

        assertThat(result.steps()).filteredOn(step -> !step.what().contains("traffic shift"))
                .allSatisfy(step -> assertThat(step.ended().code()).as(step.toString()).isZero());
        assertThat(result.step("meshctl plan").ended().output()).contains("+ west: NetworkPolicy", "+ east: NetworkPolicy");
        assertThat(result.step("meshctl install").ended().output()).contains("cluster west is ready", "cluster east is ready");
        assertThat(result.step("traffic shift").ended().output()).contains("Reverted");
        assertThat(result.step("traffic shift").ended().code()).isEqualTo(3);
        assertThat(result.failed()).isTrue();
        assertThat(result.artifacts()).singleElement().satisfies(file ->
                assertThat(file).content().contains("<testsuite name=\"west\"", "<testsuite name=\"east\"", "failures=\"0\""));
    }

    private static void gitLabShifts() throws Exception {
        GitLabPipeline pipeline = new GitLabPipeline(DocumentedYaml.under(PIPELINES, "GitLab CI"));
        Map<String, String> variables = Map.of("KUBECONFIG", kubeconfig.toString(), "CI_PIPELINE_IID", "2",
                "BAKE", "2s", "MIN_REQUESTS", "10", "MAX_P99", "60s");
        assertThat(pipeline.jobs()).containsExactly("mesh", "shift");
        for (String job : pipeline.jobs()) {
            GitLabPipeline.Result result = pipeline.run(job, runner("gitlab-" + job), variables);
            assertThat(result.state()).as(result.ended().output()).isEqualTo(GitLabPipeline.State.PASSED);
            assertThat(result.reports()).allSatisfy(file -> assertThat(file).content().contains("failures=\"0\""));
        }
    }

    private static Runner runner(String name) throws Exception {
        Path workspace = Files.createDirectory(directory.resolve(name));
        Files.writeString(Files.createDirectory(workspace.resolve("mesh")).resolve("values.yaml"), VALUES);
        return new Runner(workspace, Path.of(".."));
    }

    @Test
    @Order(7)
    void a_dead_one_of_two_is_told_and_the_other_is_acted_on() throws Exception {
        east.powerFails();

        Home.Said status = home.meshctl("status", "--cluster", BOTH);
        assertThat(status.code()).as(status.out() + status.err()).isEqualTo(1);
        assertThat(status.err()).contains("east: unreachable", "east: next: ");
        assertThat(status.out()).contains("west: west.mesh");

        Home.Said install = home.meshctl("install", "--cluster", BOTH, "-f", values.toString(), "--yes");
        assertThat(install.code()).as(install.out() + install.err()).isEqualTo(1);
        assertThat(install.err()).contains("install failed in 1 of 2 clusters", "east: ", "meshctl install --cluster east");
        assertThat(install.out()).contains("cluster west is ready");
        assertThat(west.list("networkpolicies.networking.k8s.io", "mesh-system")).as("as the values want it").isEmpty();

        Home.Said verify = home.meshctl("verify", "--cluster", BOTH, "--timeout", "60");
        List<String> lines = verify.out().lines().toList();
        assertThat(verify.code()).as(verify.out()).isEqualTo(1);
        assertThat(lines).filteredOn(line -> line.contains("\teast\t")).isNotEmpty().noneMatch(line -> line.contains("\tpass\t"));
        assertThat(lines).filteredOn(line -> line.contains("\twest\t")).isNotEmpty().noneMatch(line -> line.contains("\tfail\t"));
        assertThat(lines).anyMatch(line -> line.startsWith("MV0502\twest -> east") && line.contains("\tfail\t"));

        east.powerComesBack();
        for (String part : List.of("trust-bridge", "control-plane", "federation-gateway")) {
            Eventually.holds(part + " is back", PATIENCE, () -> east.hasReadyPod("mesh-system", part));
        }
        payments.ready("payments-v2");
        Eventually.holds("east is back", PATIENCE, () -> home.meshctl("status", "--cluster", BOTH).code() == 0);
        webGets("200 OK");
    }

    private static String distrusted(String service, String cluster) {
        return done("proxy", "stats", service, "--cluster", cluster, "--filter", "distrusted").out();
    }

    @Test
    @Order(8)
    void unlinked_they_can_be_linked_again_by_two_people_with_a_token() throws Exception {
        // A connection that nobody uses may have ended before.
        Process traffic = west.start("shop", "web-v1", "app", "curl", "-s", "--rate", "5/s", PAYMENTS + "?[1-100000]");
        try {
            done("link", "remove", "west", "--cluster", "east", "--yes");
            Eventually.holds("payments is imported no more", () -> west.find(IMPORTS, "shop", "payments").isEmpty());
            webGets("Could not resolve host");
            Eventually.holds("the connections between them are ended, by the one that heard of it first", () ->
                    distrusted("payments.shop", "east").contains("inbound") || distrusted("web.shop", "west").contains("endpoint"));
        } finally {
            traffic.destroy();
            traffic.waitFor();
        }
        Home wests = person("of-west", "west");
        Home easts = person("of-east", "east");

        String token = done(easts, "link", "create", "--cluster", "east", "--for", "west").out().strip();
        done(wests, "link", "accept", token, "--cluster", "west", "--yes");

        assertThat(webGets("200 OK")).contains("URI=spiffe://west.mesh/ns/shop/sa/web");
        assertThat(west.stored() + east.stored()).as("a token that is used is kept by nobody").doesNotContain(token);
        neither_holds_what_gives_access_to_the_other();
        nothingWasRefused();
    }

    @Test
    @Order(9)
    void purged_nothing_of_the_mesh_is_left_in_either() throws Exception {
        done("link", "remove", "east", "--cluster", "west", "--yes");
        done("uninstall", "--cluster", BOTH, "--purge", "--yes");

        for (RunningCluster cluster : List.of(west, east)) {
            // Garbage is collected after its owner is gone.
            Eventually.holds("nothing of the mesh is left", () -> {
                assertThat(cluster.keys()).filteredOn(key -> !before.contains(key) && !key.contains("/shop"))
                        .allMatch(key -> key.startsWith("customresourcedefinitions.") && !key.endsWith(".meshctl.dev"));
                return true;
            });
        }
        assertThat(east.hasReadyPod("shop", "payments-v2")).isTrue();
        nothingWasRefused();
    }
}
