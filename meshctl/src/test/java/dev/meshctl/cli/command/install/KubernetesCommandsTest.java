package dev.meshctl.cli.command.install;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.Main;
import dev.meshctl.cli.Services;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.operate.Kube;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.run.WorkloadRunner;
import dev.meshctl.cli.testing.ClosedPort;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole command lines against two clusters, west and east. */
class KubernetesCommandsTest {
    private static final String MINIMAL = "--profile=minimal";

    private final FakeApiServer west = new FakeApiServer();
    private final FakeApiServer east = new FakeApiServer();
    private final ClosedPort nobody;
    private String out = "";
    private String err = "";

    @TempDir
    Path home;

    KubernetesCommandsTest() throws IOException {
        nobody = new ClosedPort();
    }

    @BeforeEach
    void fleet() {
        for (String name : new String[] {"west", "east", "gone"}) {
            new FleetFile(environment(System.out)).update(fleet -> fleet.with(new Cluster(
                    name, TrustDomain.ofCluster(name), new Place.Context(name, List.of()), home.resolve(name))));
        }
    }

    @AfterEach
    void close() throws IOException {
        west.close();
        east.close();
        nobody.close();
    }

    @Test
    void from_the_first_plan_to_the_end() {
        assertThat(meshctl("plan", "--cluster", "west,east", MINIMAL)).isEqualTo(ExitCode.CHANGES);
        assertThat(out).contains("+ west: Deployment mesh-system/control-plane", "+ east: Deployment mesh-system/control-plane");
        assertThat(west.writes()).isEmpty();

        assertThat(meshctl("install", "--cluster", "west,east", MINIMAL, "--yes")).as(err).isEqualTo(ExitCode.OK);
        assertThat(out).contains("cluster west is ready", "cluster east is ready");
        assertThat(err).contains("west: webhooks", "east: webhooks");

        assertThat(meshctl("plan", "--cluster", "west,east")).isEqualTo(ExitCode.OK);
        assertThat(meshctl("install", "--cluster", "west")).isEqualTo(ExitCode.OK);
        assertThat(out).contains("cluster west is already installed and ready");

        assertThat(meshctl("plan", "--cluster", "west", MINIMAL, "--set", "trustBridge.replicas=2")).isEqualTo(ExitCode.CHANGES);
        assertThat(out).contains("~ west: Deployment mesh-system/trust-bridge", "    -  replicas: 1", "    +  replicas: 2")
                .doesNotContain("east");

        assertThat(meshctl("install", "--cluster", "west", MINIMAL, "--set", "trustBridge.replicas=2", "--yes")).isEqualTo(ExitCode.OK);
        assertThat(meshctl("history", "--cluster", "west")).isEqualTo(ExitCode.OK);
        assertThat(out.lines().map(line -> line.split("\t")[1] + " " + line.split("\t")[2])).containsExactly(
                "NUMBER STATE", "1 applied", "2 applied");

        assertThat(meshctl("rollback", "--cluster", "west", "--yes", "--ignore-prechecks")).as(err).isEqualTo(ExitCode.OK);
        assertThat(west.objects().get(Kube.DEPLOYMENTS + "trust-bridge").path("spec").path("replicas").asInt()).isEqualTo(1);

        assertThat(meshctl("uninstall", "--cluster", "west,east", "--yes")).as(err).isEqualTo(ExitCode.OK);
        assertThat(west.objects().paths()).isEmpty();
        assertThat(east.objects().paths()).isEmpty();
        assertThat(meshctl("uninstall", "--cluster", "west", "--yes")).isEqualTo(ExitCode.OK);
        assertThat(out).contains("cluster west is not installed");
    }

    @Test
    void definitions_of_others_are_planned_and_applied_to_a_mesh_that_is_there_already() throws IOException {
        Files.writeString(home.resolve("crds.yaml"), """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: httproutes.gateway.networking.k8s.io}
                spec: {group: gateway.networking.k8s.io}
                """);
        assertThat(meshctl("install", "--cluster", "west", MINIMAL, "--yes")).as(err).isEqualTo(ExitCode.OK);

        assertThat(meshctl("plan", "--cluster", "west", "--with-crds", "crds.yaml")).isEqualTo(ExitCode.CHANGES);
        assertThat(out).contains("+ west: CustomResourceDefinition httproutes.gateway.networking.k8s.io");
        assertThat(meshctl("install", "--cluster", "west", "--with-crds", "crds.yaml", "--yes")).as(err).isEqualTo(ExitCode.OK);

        assertThat(west.objects().has(Kube.DEFINITIONS + "httproutes.gateway.networking.k8s.io")).isTrue();
        assertThat(meshctl("plan", "--cluster", "west", "--with-crds", "crds.yaml")).as(out).isEqualTo(ExitCode.OK);
        assertThat(meshctl("uninstall", "--cluster", "west", "--purge", "--yes")).as(err).isEqualTo(ExitCode.OK);
        assertThat(west.objects().paths()).containsExactly(Kube.DEFINITIONS + "httproutes.gateway.networking.k8s.io");
    }

    @Test
    void one_dead_cluster_of_two_stops_not_the_other_and_the_exit_code_tells() {
        int code = meshctl("install", "--cluster", "gone,east", MINIMAL, "--yes");

        assertThat(code).isEqualTo(ExitCode.FAILED);
        assertThat(out).contains("cluster east is ready");
        assertThat(err).contains("install failed in 1 of 2 clusters", "gone: cannot list secrets: the API server takes no connection",
                "meshctl install --cluster gone");
        assertThat(east.objects().has(Kube.DEPLOYMENTS + "control-plane")).isTrue();
    }

    @Test
    void a_cluster_whose_pre_checks_fail_is_left_as_it_is_and_the_others_are_installed() {
        west.version("v1.27.3");

        int code = meshctl("install", "--cluster", "west,east", MINIMAL, "--yes");

        assertThat(code).isEqualTo(ExitCode.FAILED);
        assertThat(err).contains("fail west: version: Kubernetes v1.27.3 is older than 1.29", "nothing was changed: 1 check fails");
        assertThat(west.writes()).isEmpty();
        assertThat(east.objects().has(Kube.DEPLOYMENTS + "control-plane")).isTrue();
    }

    @Test
    void rendering_for_git_asks_no_cluster_and_says_the_same_each_time() {
        int first = meshctl("install", "--cluster", "gone", MINIMAL, "--dry-run", "-o", "yaml");
        String yaml = out;
        int second = meshctl("install", "--cluster", "gone", MINIMAL, "--dry-run", "-o", "yaml");

        assertThat(first).as(err).isEqualTo(ExitCode.OK);
        assertThat(second).isEqualTo(ExitCode.OK);
        assertThat(out).isEqualTo(yaml).startsWith("---\napiVersion: apiextensions.k8s.io/v1");
    }

    @Test
    void a_dry_run_changes_nothing() {
        assertThat(meshctl("install", "--cluster", "west", MINIMAL, "--dry-run")).isEqualTo(ExitCode.OK);

        assertThat(out).contains("would install", "to create");
        assertThat(west.writes()).isEmpty();
    }

    @Test
    void without_a_terminal_nothing_is_changed_unless_told_so() {
        assertThat(meshctl("install", "--cluster", "west", MINIMAL)).isEqualTo(ExitCode.USAGE);

        assertThat(err).contains("add --yes");
        assertThat(west.writes()).isEmpty();
    }

    @Test
    void values_that_are_wrong_are_told_before_any_cluster_is_asked() throws IOException {
        Files.writeString(home.resolve("v.yaml"), "gatway: {replicas: 2}\n");

        assertThat(meshctl("install", "--cluster", "west", "-f", "v.yaml", "--yes")).isEqualTo(ExitCode.USAGE);

        assertThat(err).contains("v.yaml:1", "gatway", "gateway");
        assertThat(west.writes()).isEmpty();
    }

    @Test
    void a_file_that_is_missing_is_told_in_words_before_any_cluster_is_asked() {
        assertThat(meshctl("install", "--cluster", "west", "--with-crds", "nowhere.yaml", "--yes")).isEqualTo(ExitCode.USAGE);

        assertThat(err).contains("cannot read nowhere.yaml", "there is no such file").doesNotContain("Exception");
        assertThat(west.writes()).isEmpty();
    }

    @Test
    void verify_pre_tells_every_check_of_every_cluster_and_changes_nothing() {
        assertThat(meshctl("verify", "--pre", "--cluster", "west,east")).as(err).isEqualTo(ExitCode.OK);
        assertThat(out).contains("west\tversion\tpass", "east\tversion\tpass", "west\tpermissions\tpass");

        assertThat(meshctl("verify", "--pre", "--cluster", "west", "-o", "json")).isEqualTo(ExitCode.OK);
        assertThat(out).contains("\"check\" : \"version\"");
        assertThat(west.writes()).isEmpty();

        assertThat(meshctl("verify", "--pre", "--cluster", "west", "-o", "junit")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void the_plan_as_data_has_each_change_and_finding() {
        meshctl("plan", "--cluster", "west", MINIMAL, "-o", "json");

        assertThat(out).startsWith("[").contains("\"action\" : \"create\"", "\"object\" : \"Namespace mesh-system\"",
                "\"check\" : \"version\"");
    }

    @Test
    void commands_of_kubernetes_say_so_for_local_clusters() {
        new FleetFile(environment(System.out)).update(fleet -> fleet.with(new Cluster(
                "laptop", TrustDomain.ofCluster("laptop"), new Place.Local("", Map.of(), "", ""), home.resolve("laptop"))));

        assertThat(meshctl("history", "--cluster", "laptop")).isEqualTo(ExitCode.USAGE);
        assertThat(err).contains("history is for clusters on Kubernetes");
    }

    @Test
    void an_upgrade_needs_an_installation() {
        assertThat(meshctl("upgrade", "--cluster", "west", "--yes")).isEqualTo(ExitCode.FAILED);

        assertThat(err).contains("there is nothing to upgrade", "meshctl install --cluster west");
    }

    @Test
    void a_cluster_is_reached_by_the_context_of_its_kubeconfig() throws IOException {
        Path kubeconfig = home.resolve("kubeconfig");
        Files.writeString(kubeconfig, """
                apiVersion: v1
                kind: Config
                clusters: [{name: prod, cluster: {server: "%s"}}]
                users: [{name: jo, user: {token: t}}]
                contexts: [{name: prod-eu, context: {cluster: prod, user: jo}}]
                """.formatted(west.url()));
        new FleetFile(environment(System.out)).update(fleet -> fleet.with(new Cluster("prod", new TrustDomain("prod.example"),
                new Place.Context("prod-eu", List.of(kubeconfig)), home.resolve("prod"))));

        int code = run(Context::of, "install", "--cluster", "prod", MINIMAL, "--yes");

        assertThat(code).as(err).isEqualTo(ExitCode.OK);
        assertThat(west.objects().get("/apis/meshctl.dev/v1alpha1/meshes/default").path("spec").path("trustDomain").asString())
                .isEqualTo("prod.example");
    }

    private int meshctl(String... arguments) {
        return run(environment -> new Context(environment, new Fakes()), arguments);
    }

    private int run(Function<Environment, Context> contexts, String... arguments) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        Environment environment = environment(stream(outBytes), stream(errBytes));
        int code;
        try (Context context = contexts.apply(environment)) {
            code = Main.run(arguments, context);
        }
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return code;
    }

    private Environment environment(PrintStream stream) {
        return environment(stream, stream);
    }

    private Environment environment(PrintStream outTo, PrintStream errTo) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString(), "USER", "tester"), home,
                new ByteArrayInputStream(new byte[0]), outTo, errTo, Environment.Terminals.NONE, 100);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private final class Fakes implements Services, KubernetesClusters {
        @Override
        public boolean includes(Cluster cluster) {
            return !cluster.isLocal();
        }

        @Override
        public ClusterApi open(Cluster cluster) {
            return new ClusterApi(Kube.client(switch (cluster.name()) {
                case "west" -> west.url();
                case "east" -> east.url();
                default -> nobody.url();
            }));
        }

        @Override
        public KubernetesClusters kubernetes() {
            return this;
        }

        @Override
        public Connections connections() {
            throw new UnsupportedOperationException("nobody is connected to");
        }

        @Override
        public Platform platform() {
            throw new UnsupportedOperationException("there is no local cluster");
        }

        @Override
        public WorkloadRunner workloads() {
            throw new UnsupportedOperationException("there are no workloads");
        }

        @Override
        public void close() {}
    }
}
