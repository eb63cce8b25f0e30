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
        return new Cluster(name, TrustDomain.ofCluster(name), "127.10", Map.of(Cluster.CONTROL_API, "127.10.0.2:15012"),
                "eu", "a", file.directoryOf(name));
    }

    @Test
    void what_was_saved_is_loaded() {
        file.update(fleet -> fleet.with(cluster("west")).with(cluster("east")).using("east"));

        Fleet loaded = new FleetFile(environment(home)).load();

        assertThat(loaded).isEqualTo(new Fleet("east", List.of(cluster("west"), cluster("east"))));
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
                    assertThat(error.why()).isEqualTo("clusters[0].platform: expected \"local\", found \"moon\"");
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
