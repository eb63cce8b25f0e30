package dev.meshctl.cli.install.kubernetes.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.api.FakeControllers;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class InstallerTest {
    private final Kube kube = new Kube();
    private final Installer installer = new Installer(kube.place());

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void a_first_installation_applies_every_object_in_order_and_leaves_a_checkpoint() {
        Wanted wanted = Kube.wanted("0.2.0", Conflicts.REFUSE);

        Prepared prepared = installer.prepare(wanted);
        List<String> writesBefore = kube.server().writes();
        Checkpoint checkpoint = installer.carryOut(prepared, kube.progress());

        assertThat(prepared.blocking()).isEmpty();
        assertThat(writesBefore).as("preparing changes nothing").isEmpty();
        assertThat(checkpoint.number()).isEqualTo(1);
        assertThat(installer.history()).singleElement().satisfies(kept -> {
            assertThat(kept.state()).isEqualTo(State.APPLIED);
            assertThat(kept.who()).isEqualTo("tester");
            assertThat(kept.release().revisions()).isEqualTo(wanted.release().revisions());
            assertThat(kept.release().objects()).map(object -> object.step() + object.tree().toString())
                    .isEqualTo(wanted.release().objects().stream().map(o -> o.step() + o.tree().toString()).toList());
        });
        List<String> applied = kube.server().writes().stream().filter(line -> line.contains("fieldValidation")).toList();
        assertThat(applied).hasSameSizeAs(wanted.release().objects());
        assertThat(applied.getFirst()).contains("customresourcedefinitions/meshes.meshctl.dev");
        assertThat(applied.getLast()).contains("validatingwebhookconfigurations");
        assertThat(kube.said()).contains("west: custom resources", "west: trust bridge", "1 of 1 available", "west: webhooks");
    }

    @Test
    void definitions_of_others_are_a_step_of_their_own_before_those_of_the_mesh() {
        List<RenderedObject> companions = Companions.read("gateway.yaml", """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata: {name: things.example.org}
                spec: {group: example.org, scope: Namespaced, names: {kind: Thing, plural: things}, versions: []}
                """);
        Wanted mesh = Kube.wanted("0.2.0", Conflicts.REFUSE);
        Wanted wanted = new Wanted(mesh.release(), mesh.what(), mesh.conflicts(), companions);

        installer.carryOut(installer.prepare(wanted), kube.progress());

        assertThat(kube.said()).containsSubsequence("west: custom resources of others  established", "west: custom resources  established");
    }

    @Test
    void installing_again_finds_nothing_to_do() {
        Wanted wanted = kube.install("0.2.0");

        Prepared again = installer.prepare(wanted);

        assertThat(again.changes().effective()).isEmpty();
        assertThat(again.isDone()).isTrue();
    }

    @Test
    void answers_that_are_lost_for_longer_than_the_client_tries_do_not_end_an_installation() {
        kube.server().loseAnswers(6, (method, path) -> method.equals("PATCH") && path.endsWith("/deployments/control-plane"));
        kube.server().loseAnswers(2, (method, path) -> method.equals("POST") && path.endsWith("/secrets"));
        Wanted wanted = Kube.wanted("0.2.0", Conflicts.REFUSE);

        installer.carryOut(installer.prepare(wanted), kube.progress());

        assertThat(installer.history()).extracting(Checkpoint::number, Checkpoint::state).containsExactly(tuple(1, State.APPLIED));
    }

    @Test
    void a_run_that_was_interrupted_half_way_is_finished_by_the_next() {
        kube.server().fail(1, (method, path) -> method.equals("PATCH") && path.endsWith("/deployments/control-plane"),
                403, FakeApiServer.status(403, "Forbidden", "deployments.apps \"control-plane\" is forbidden: User \"jo\" cannot"
                        + " patch resource \"deployments\" in API group \"apps\" in the namespace \"mesh-system\""));
        Wanted wanted = Kube.wanted("0.2.0", Conflicts.REFUSE);

        CliError first = catchThrowableOfType(CliError.class,
                () -> installer.carryOut(installer.prepare(wanted), kube.progress()));
        State between = installer.history().getLast().state();
        Prepared second = installer.prepare(wanted);
        installer.carryOut(second, kube.progress());

        assertThat(first.where()).isEqualTo("cluster west, step control plane");
        assertThat(first.why()).contains("user \"jo\" may not patch deployments.apps in namespace mesh-system");
        assertThat(between).isEqualTo(State.FAILED);
        assertThat(second.changes().summary()).contains("unchanged");
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "control-plane")).isTrue();
        assertThat(installer.history()).extracting(Checkpoint::state).containsExactly(State.FAILED, State.APPLIED);
    }

    @Test
    void a_field_of_another_manager_is_told_with_its_owner_before_anything_is_changed() {
        kube.install("0.2.0");
        scaled(7);
        kube.server().forget();

        Prepared prepared = installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE));

        assertThat(prepared.blocking()).singleElement().satisfies(finding -> {
            assertThat(finding.text()).contains("Deployment mesh-system/control-plane", "\"autoscaler\" owns .spec.replicas");
            assertThat(finding.next()).contains("--force-conflicts", "--leave-conflicts");
        });
        assertThat(kube.server().writes()).isEmpty();
    }

    @Test
    void such_a_field_is_taken_over_or_left_as_one_says() {
        kube.install("0.2.0");
        scaled(7);

        installer.carryOut(installer.prepare(Kube.wanted("0.3.0", Conflicts.LEAVE)), kube.progress());
        int left = replicas();
        installer.carryOut(installer.prepare(Kube.wanted("0.3.0", Conflicts.TAKE)), kube.progress());

        assertThat(left).isEqualTo(7);
        assertThat(replicas()).isEqualTo(1);
    }

    private void scaled(int replicas) {
        kube.server().objects().own(Kube.DEPLOYMENTS + "control-plane", "autoscaler", ".spec.replicas", live -> {
            ((ObjectNode) live.path("spec")).put("replicas", replicas);
            FakeControllers.available(live, replicas);
        });
    }

    private int replicas() {
        return kube.server().objects().get(Kube.DEPLOYMENTS + "control-plane").path("spec").path("replicas").asInt();
    }

    @Test
    void an_immutable_field_is_told_before_anything_is_changed() {
        kube.install("0.2.0");
        ((ObjectNode) kube.server().objects().get(Kube.DEPLOYMENTS + "control-plane").path("spec").path("selector")
                .path("matchLabels")).put("app.kubernetes.io/name", "another");

        Prepared prepared = installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE));

        assertThat(prepared.blocking()).extracting(Finding::text).singleElement().asString()
                .contains("Deployment mesh-system/control-plane", "spec.selector", "field is immutable");
    }

    @Test
    void missing_rights_are_told_by_verb_resource_and_step_all_at_once() {
        kube.server().allow(question -> question.path("resource").asString("").equals("secrets")
                || question.path("verb").asString("").equals("get") || question.path("resource").asString("").equals("namespaces"));

        List<Finding> blocking = installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE)).blocking();

        assertThat(blocking).singleElement().satisfies(finding -> assertThat(finding.text())
                .contains("create customresourcedefinitions.apiextensions.k8s.io, for: custom resources")
                .contains("patch deployments.apps in namespace mesh-system, for: trust bridge, control plane, gateway")
                .doesNotContain("secrets"));
        assertThat(kube.server().writes()).isEmpty();
    }

    @Test
    void a_pod_that_does_not_start_is_explained_by_its_state_its_events_and_its_last_words() {
        kube.server().objects().controllers(live -> {
            if (live.path("kind").asString("").equals("Deployment") && live.path("metadata").path("name").asString("").equals("trust-bridge")) {
                FakeControllers.available(live, 0);
            } else {
                FakeControllers.settle(live);
            }
        });
        kube.server().objects().put(Kube.NAMESPACED + "pods/trust-bridge-x", """
                {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'trust-bridge-x', 'namespace': 'mesh-system', 'labels':
                  {'app.kubernetes.io/name': 'trust-bridge', 'app.kubernetes.io/part-of': 'meshctl'}},
                 'status': {'containerStatuses': [{'name': 'trust-bridge', 'ready': false, 'restartCount': 4, 'state': {'waiting':
                  {'reason': 'CrashLoopBackOff', 'message': 'back-off 40s'}}, 'lastState': {'terminated': {'exitCode': 1}}}]}}""");
        kube.server().objects().put(Kube.NAMESPACED + "events/e1", """
                {'apiVersion': 'v1', 'kind': 'Event', 'metadata': {'name': 'e1', 'namespace': 'mesh-system'}, 'type': 'Warning',
                 'involvedObject': {'name': 'trust-bridge-x'}, 'reason': 'BackOff', 'message': 'restarting failed container'}""");
        kube.server().log("trust-bridge-x", "starting\nerror: no CA\n");

        CliError late = catchThrowableOfType(CliError.class, () -> installer.carryOut(
                installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE)), kube.progress()));

        assertThat(late.what()).isEqualTo("Deployment mesh-system/trust-bridge is not ready after 20s");
        assertThat(late.where()).isEqualTo("cluster west, step trust bridge");
        assertThat(late.why()).contains("0 of 1 available", "CrashLoopBackOff: back-off 40s", "exit code 1", "restarted 4 times",
                "event: BackOff: restarting failed container", "log: error: no CA");
    }

    @Test
    void an_api_server_that_is_away_for_a_while_is_waited_for() {
        kube.server().objects().controllers(live -> {
            if (!live.path("kind").asString("").equals("Deployment")) {
                FakeControllers.settle(live);
            }
        });
        int[] looks = {0};
        kube.onPause(() -> {
            if (looks[0]++ == 0) {
                kube.server().fail(8, (method, path) -> method.equals("GET"), 503, FakeApiServer.status(503, "ServiceUnavailable", "restarting"));
            } else {
                kube.server().objects().controllers(FakeControllers::settle);
                kube.server().objects().settle();
            }
        });

        installer.carryOut(installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE)), kube.progress());

        assertThat(installer.history().getLast().state()).isEqualTo(State.APPLIED);
        assertThat(looks[0]).isGreaterThan(1);
    }

    @Test
    void what_the_new_release_has_not_is_removed() {
        kube.install("0.2.0");

        Prepared without = installer.prepare(Kube.wanted("0.2.0", Conflicts.REFUSE, "gateway.enabled=false"));
        installer.carryOut(without, kube.progress());

        assertThat(without.obsolete()).extracting(RenderedObject::key).extracting(Object::toString)
                .containsExactly("Deployment mesh-system/federation-gateway", "Service mesh-system/federation-gateway",
                        "ConfigMap mesh-system/federation-gateway", "ServiceAccount mesh-system/federation-gateway");
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "federation-gateway")).isFalse();
    }

    @Test
    void an_object_that_was_there_before_the_mesh_is_remembered() {
        kube.server().objects().put("/api/v1/namespaces/mesh-system",
                "{'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': 'mesh-system'}}");

        kube.install("0.2.0");
        kube.install("0.2.1");

        assertThat(installer.history().getLast().adopted()).singleElement().hasToString("Namespace mesh-system");
    }
}
