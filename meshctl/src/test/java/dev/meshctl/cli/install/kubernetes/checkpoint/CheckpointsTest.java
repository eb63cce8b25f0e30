package dev.meshctl.cli.install.kubernetes.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.operate.Kube;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class CheckpointsTest {
    private final Kube kube = new Kube();
    private final Checkpoints checkpoints = kube.place().checkpoints();

    @BeforeEach
    void namespace() {
        kube.server().objects().put("/api/v1/namespaces/mesh-system",
                "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'mesh-system'}}");
    }

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void ten_are_kept_and_always_the_last_that_worked() {
        checkpoints.end(begin("works"), State.APPLIED);
        for (int i = 0; i < 15; i++) {
            checkpoints.end(begin("fails"), State.FAILED);
        }

        List<Checkpoint> all = checkpoints.all();

        assertThat(all).extracting(Checkpoint::number).containsExactly(1, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        assertThat(Checkpoints.lastGood(all)).hasValueSatisfying(good -> assertThat(good.number()).isEqualTo(1));
    }

    @Test
    void an_old_one_that_cannot_be_removed_changes_nothing_about_how_it_went() {
        for (int i = 0; i < 10; i++) {
            checkpoints.end(begin("works"), State.APPLIED);
        }
        kube.server().fail(1, (method, path) -> method.equals("DELETE"), 403,
                FakeApiServer.status(403, "Forbidden", "secrets \"meshctl-checkpoint-1\" is forbidden"));

        checkpoints.end(begin("works"), State.APPLIED);
        assertThat(checkpoints.all()).hasSize(11);
        assertThat(checkpoints.all().getLast().state()).isEqualTo(State.APPLIED);

        checkpoints.end(begin("works"), State.APPLIED);
        assertThat(checkpoints.all()).hasSize(10);
    }

    @Test
    void one_fits_into_a_secret_with_room_to_spare() {
        begin("install");

        ObjectNode secret = kube.server().objects().get(Kube.NAMESPACED + "secrets/meshctl-checkpoint-1");

        assertThat(secret.path("type").asString()).isEqualTo("meshctl.dev/checkpoint");
        assertThat(secret.toString().length()).isBetween(5_000, 100_000);
    }

    @Test
    void two_at_the_same_time_do_not_both_begin() {
        kube.server().fail(1, (method, path) -> method.equals("POST") && path.endsWith("/secrets"), 409,
                FakeApiServer.status(409, "AlreadyExists", "secrets \"meshctl-checkpoint-1\" already exists"));

        CliError other = catchThrowableOfType(CliError.class, () -> begin("install"));

        assertThat(other.what()).isEqualTo("somebody else is changing this installation");
    }

    @Test
    void one_in_a_form_of_another_version_is_told_by_its_name() {
        begin("install");
        ((ObjectNode) kube.server().objects().get(Kube.NAMESPACED + "secrets/meshctl-checkpoint-1").path("data")).put("checkpoint", "AAAA");

        CliError unreadable = catchThrowableOfType(CliError.class, checkpoints::all);

        assertThat(unreadable.where()).isEqualTo("Secret mesh-system/meshctl-checkpoint-1");
        assertThat(unreadable.next()).contains("the version of meshctl that wrote it");
    }

    @Test
    void values_come_back_as_they_were_given_and_read_the_same() {
        GivenValues given = new GivenValues("ha", List.of(new GivenValues.File("v.yaml", "gateway: {replicas: 5}\n")),
                List.of("trustBridge.svidTtl=2h"));
        Release release = Release.of("west", List.of(Deployed.of("0.2.0", given)));

        checkpoints.begin(release, Set.of(), "tester", "install");
        Deployed back = checkpoints.all().getLast().release().promoted();

        assertThat(back.given()).isEqualTo(given);
        assertThat(back.values()).isEqualTo(release.promoted().values());
        assertThat(back.values().gateway().replicas()).isEqualTo(5);
    }

    @Test
    void later_values_go_over_earlier_ones() {
        GivenValues before = new GivenValues("ha", List.of(), List.of("gateway.replicas=4", "trustBridge.replicas=3"));

        GivenValues both = before.with("gateway.replicas=7");

        assertThat(both.read().gateway().replicas()).isEqualTo(7);
        assertThat(both.read().trustBridge().replicas()).isEqualTo(3);
        assertThat(both.profile()).isEqualTo("ha");
    }

    @Test
    void wrong_values_are_all_told_with_where_they_were_given() {
        GivenValues wrong = new GivenValues("", List.of(new GivenValues.File("v.yaml", "gatway: {replicas: 2}\n")), List.of("gateway.replicas=x"));

        CliError error = catchThrowableOfType(CliError.class, wrong::read);

        assertThat(error.exitCode()).isEqualTo(2);
        assertThat(error.why()).contains("v.yaml:1", "gatway", "gateway.replicas");
    }

    private Checkpoint begin(String what) {
        return checkpoints.begin(Kube.wanted("0.2.0", Conflicts.REFUSE).release(), Set.of(), "tester", what);
    }
}
