package dev.meshctl.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FleetFileTest {
    @TempDir
    Path home;

    private FleetFile file = new FleetFile(environment(Path.of(".")));

    @BeforeEach
    void open() {
        file = new FleetFile(environment(home));
    }

    private static Environment environment(Path home) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString()), home, System.in, System.out, System.err,
                Environment.Terminals.NONE, 80);
    }

    private Cluster cluster(String name) {
        return new Cluster(name, TrustDomain.ofCluster(name), new Place.Local("127.10",
                Map.of(Cluster.CONTROL_API, "127.10.0.2:15012"), "eu", "a"), file.directoryOf(name));
    }

    @Test
    void what_was_saved_is_loaded() {
        file.update(fleet -> fleet.with(cluster("west")).with(cluster("east")).using("east"));

        Fleet loaded = new FleetFile(environment(home)).load();

        assertThat(loaded).isEqualTo(new Fleet("east", List.of(cluster("west"), cluster("east"))));
    }

    @Test
    void a_kubernetes_cluster_is_kept_with_its_context_and_the_kubeconfig_that_was_named() {
        Cluster named = kubernetes("prod", new Place.Context("prod-eu", List.of(Path.of("/etc/kube/prod"))));
        Cluster found = kubernetes("stage", new Place.Context("stage", List.of()));
        Cluster here = kubernetes("here", new Place.InCluster());
        file.update(fleet -> fleet.with(named).with(found).with(here));

        assertThat(new FleetFile(environment(home)).load().clusters()).containsExactly(named, found, here);
    }

    @Test
    void a_file_written_before_there_were_kubernetes_clusters_is_still_loaded() throws IOException {
        Files.createDirectories(file.path().getParent());
        Files.writeString(file.path(), """
                current: west
                clusters:
                - name: west
                  platform: local
                  trustDomain: west.mesh
                  range: "127.10"
                  region: eu
                  zone: a
                  listen:
                    control-plane/api: 127.10.0.2:15012
                """);

        assertThat(file.load()).isEqualTo(new Fleet("west", List.of(cluster("west"))));
    }

    @Test
    void a_kubeconfig_that_depends_on_the_working_directory_is_refused() throws IOException {
        Files.createDirectories(file.path().getParent());
        Files.writeString(file.path(), "clusters:\n- name: p\n  platform: kubernetes\n  trustDomain: p.mesh\n"
                + "  context: c\n  kubeconfig: [conf]\n");

        assertThatThrownBy(file::load).isInstanceOfSatisfying(CliError.class, error -> assertThat(error.why())
                .isEqualTo("clusters[0].kubeconfig: \"conf\" is not an absolute path"));
    }

    @Test
    void what_only_a_local_cluster_has_says_so_on_kubernetes() {
        Cluster prod = kubernetes("prod", new Place.Context("prod-eu", List.of()));

        assertThatThrownBy(() -> prod.address(Cluster.PROXY_ADMIN)).isInstanceOfSatisfying(CliError.class, error -> {
            assertThat(error.what()).isEqualTo("cluster prod is no local cluster");
            assertThat(error.why()).contains("context prod-eu");
            assertThat(error.next()).isNotEmpty();
        });
    }

    private Cluster kubernetes(String name, Place.Kubernetes place) {
        return new Cluster(name, TrustDomain.ofCluster(name), place, file.directoryOf(name));
    }

    @Test
    void no_file_is_an_empty_fleet() {
        assertThat(file.load()).isEqualTo(Fleet.EMPTY);
    }

    @Test
    void a_wrong_field_is_named_with_file_and_path_and_nothing_is_overwritten() throws IOException {
        Files.createDirectories(file.path().getParent());
        Files.writeString(file.path(), "clusters:\n- name: west\n  platform: moon\n");

        assertThatThrownBy(() -> file.update(fleet -> fleet.with(cluster("east"))))
                .isInstanceOfSatisfying(CliError.class, error -> {
                    assertThat(error.where()).isEqualTo(file.path().toString());
                    assertThat(error.why()).isEqualTo("clusters[0].platform: expected \"local\" or \"kubernetes\", found \"moon\"");
                });
        assertThat(Files.readString(file.path())).contains("moon");
    }

    @Test
    void an_empty_file_is_not_taken_for_an_empty_fleet() throws IOException {
        Files.createDirectories(file.path().getParent());
        Files.createFile(file.path());

        assertThatThrownBy(() -> file.load()).isInstanceOfSatisfying(CliError.class, error -> {
            assertThat(error.why()).isEqualTo("it is empty");
            assertThat(error.next()).startsWith("repair the file");
        });
    }

    @Test
    void a_directory_that_cannot_be_written_is_told_without_the_names_of_exceptions() throws IOException {
        Files.writeString(home.resolve("config"), "in the way");

        assertThatThrownBy(() -> file.update(fleet -> fleet.with(cluster("east"))))
                .isInstanceOfSatisfying(CliError.class, error -> {
                    assertThat(error.why()).isNotEmpty().doesNotContain("Exception");
                    assertThat(error.next()).isNotEmpty();
                });
    }

    @Test
    void a_half_written_file_is_an_error_that_says_what_to_do() throws IOException {
        Files.createDirectories(file.path().getParent());
        Files.writeString(file.path(), "clusters: [{name: west");

        assertThatThrownBy(file::load).isInstanceOfSatisfying(CliError.class,
                error -> assertThat(error.next()).contains("repair the file"));
    }

    @Test
    void removing_the_current_cluster_leaves_none_chosen() {
        Fleet fleet = Fleet.EMPTY.with(cluster("a")).with(cluster("b")).with(cluster("c")).using("b").without("b");

        assertThatThrownBy(fleet::currentCluster).isInstanceOfSatisfying(CliError.class,
                error -> assertThat(error.what()).isEqualTo("no cluster chosen"));
    }
}
