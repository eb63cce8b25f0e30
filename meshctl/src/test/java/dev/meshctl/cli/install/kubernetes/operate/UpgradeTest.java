package dev.meshctl.cli.install.kubernetes.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.api.FakeControllers;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint.State;
import dev.meshctl.cli.install.kubernetes.checkpoint.Deployed;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UpgradeTest {
    private final Kube kube = new Kube();
    private final Installer installer = new Installer(kube.place());

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void in_place_keeps_the_values_of_before_and_lays_new_ones_over_them() {
        kube.install("0.2.0", "controlPlane.replicas=2");

        Upgrade upgrade = upgrade("0.3.0");
        Wanted wanted = upgrade.inPlace("0.3.0", new GivenValues("", List.of(), List.of("trustBridge.svidTtl=2h")), Conflicts.REFUSE);
        new GuardedUpgrade(kube.place(), UpgradeTest::works, true).carryOut(installer.prepare(wanted), upgrade.wayBack(), kube.progress());

        assertThat(image("control-plane")).endsWith(":0.3.0");
        assertThat(kube.server().objects().get(Kube.DEPLOYMENTS + "control-plane").path("spec").path("replicas").asInt()).isEqualTo(2);
        assertThat(kube.server().objects().get(Kube.NAMESPACED + "configmaps/trust-bridge").toString()).contains("7200");
        assertThat(installer.history()).extracting(Checkpoint::what).containsExactly("install", "upgrade to 0.3.0");
    }

    @Test
    void proxies_that_take_a_moment_to_connect_again_are_no_reason_to_go_back() {
        kube.install("0.2.0", "gateway.enabled=false");
        Upgrade upgrade = upgrade("0.3.0");
        Deque<Verdict> verdicts = new ArrayDeque<>(List.of(new Verdict.Failed("2 of 3 not connected"),
                new Verdict.Unknown("the control plane does not answer"), works()));

        new GuardedUpgrade(kube.place(), verdicts::removeFirst, true, Duration.ofSeconds(5))
                .carryOut(installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE)), upgrade.wayBack(), kube.progress());

        assertThat(verdicts).isEmpty();
        assertThat(image("control-plane")).endsWith(":0.3.0");
    }

    @Test
    void calls_that_still_fail_when_the_mesh_should_have_settled_take_it_back() {
        kube.install("0.2.0", "gateway.enabled=false");
        Upgrade upgrade = upgrade("0.3.0");
        AtomicInteger looks = new AtomicInteger();

        CliError reverted = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(),
                () -> new Verdict.Failed("MV0501 calls fail, look " + looks.incrementAndGet()), true, Duration.ofSeconds(5)).carryOut(
                installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE)), upgrade.wayBack(), kube.progress()));

        assertThat(reverted.exitCode()).isEqualTo(ExitCode.REVERTED);
        assertThat(reverted.why()).isEqualTo("MV0501 calls fail, look 6");
        assertThat(image("control-plane")).endsWith(":0.2.0");
    }

    @Test
    void an_upgrade_that_does_not_work_is_taken_back_with_what_it_added() {
        kube.install("0.2.0", "gateway.enabled=false");

        Upgrade upgrade = upgrade("0.3.0");
        Wanted wanted = upgrade.inPlace("0.3.0", new GivenValues("", List.of(), List.of("gateway.enabled=true")), Conflicts.REFUSE);
        CliError reverted = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(),
                () -> new Verdict.Failed("3 checks failed"), true).carryOut(installer.prepare(wanted), upgrade.wayBack(), kube.progress()));

        assertThat(reverted.exitCode()).isEqualTo(ExitCode.REVERTED);
        assertThat(reverted.what()).contains("taken back to checkpoint 1 (0.2.0)");
        assertThat(reverted.why()).isEqualTo("3 checks failed");
        assertThat(image("control-plane")).endsWith(":0.2.0");
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "federation-gateway")).isFalse();
        assertThat(installer.history()).extracting(Checkpoint::state).containsExactly(State.APPLIED, State.REVERTED, State.APPLIED);
        assertThat(installer.history().getLast().what()).isEqualTo("rollback to 1");
    }

    @Test
    void one_whose_pods_do_not_start_is_taken_back_too() {
        kube.install("0.2.0");
        kube.server().objects().controllers(live -> {
            if (live.toString().contains("meshctl:0.3.0") && live.path("kind").asString("").equals("Deployment")) {
                FakeControllers.available(live, 0);
            } else {
                FakeControllers.settle(live);
            }
        });

        Upgrade upgrade = upgrade("0.3.0");
        CliError reverted = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(), UpgradeTest::works, true).carryOut(
                installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE)), upgrade.wayBack(), kube.progress()));

        assertThat(reverted.exitCode()).isEqualTo(ExitCode.REVERTED);
        assertThat(reverted.why()).contains("Deployment mesh-system/trust-bridge is not ready");
        assertThat(image("trust-bridge")).endsWith(":0.2.0");
        assertThat(installer.history()).extracting(Checkpoint::state).containsExactly(State.APPLIED, State.FAILED, State.APPLIED);
    }

    @Test
    void told_so_it_leaves_what_does_not_work_for_looking_at_it() {
        kube.install("0.2.0");

        Upgrade upgrade = upgrade("0.3.0");
        CliError failed = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(), () -> new Verdict.Failed("broken"), false)
                .carryOut(installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE)), upgrade.wayBack(), kube.progress()));

        assertThat(failed.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failed.next()).isEqualTo("meshctl rollback --cluster west");
        assertThat(image("control-plane")).endsWith(":0.3.0");
    }

    @Test
    void checks_that_could_not_run_take_nothing_back_and_are_not_taken_for_good() {
        kube.install("0.2.0");

        Upgrade upgrade = upgrade("0.3.0");
        CliError unknown = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(), () -> new Verdict.Unknown("no way in"), true)
                .carryOut(installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE)), upgrade.wayBack(), kube.progress()));

        assertThat(unknown.exitCode()).isEqualTo(ExitCode.UNKNOWN);
        assertThat(image("control-plane")).endsWith(":0.3.0");
    }

    @Test
    void a_way_back_that_fails_says_both_and_how_to_go_on() {
        kube.install("0.2.0");
        Upgrade upgrade = upgrade("0.3.0");
        Prepared prepared = installer.prepare(upgrade.inPlace("0.3.0", GivenValues.NONE, Conflicts.REFUSE));

        CliError both = catchThrowableOfType(CliError.class, () -> new GuardedUpgrade(kube.place(), () -> {
            kube.server().fail(1000, (method, path) -> method.equals("PATCH"), 403, FakeApiServer.status(403, "Forbidden", "no more"));
            return new Verdict.Failed("broken");
        }, true).carryOut(prepared, upgrade.wayBack(), kube.progress()));

        assertThat(both.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(both.why()).contains("broken", "the way back: cannot apply");
        assertThat(both.next()).isEqualTo("meshctl rollback --cluster west --to 1");
    }

    @Test
    void a_revision_stands_beside_the_first_is_promoted_and_the_first_can_go() {
        kube.install("0.2.0");

        apply(upgrade("0.3.0").beside("canary", "0.3.0", GivenValues.NONE, Conflicts.REFUSE));
        String first = image("control-plane");
        String second = image("control-plane-canary");
        String promotedInjectorBefore = promotedInjector();
        apply(upgrade("0.3.0").promote("canary", Conflicts.REFUSE));
        String promotedInjectorAfter = promotedInjector();
        String firstIsPromoted = kube.server().objects().get(Kube.NAMESPACED + "configmaps/control-plane").toString();
        apply(upgrade("0.3.0").without("default", Conflicts.REFUSE));

        assertThat(first).endsWith(":0.2.0");
        assertThat(second).endsWith(":0.3.0");
        assertThat(promotedInjectorBefore).isEqualTo("control-plane");
        assertThat(promotedInjectorAfter).isEqualTo("control-plane-canary");
        assertThat(firstIsPromoted).contains("\\\"promoted\\\" : \\\"false\\\"");
        assertThat(image("trust-bridge")).endsWith(":0.3.0");
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "control-plane")).isFalse();
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "control-plane-canary")).isTrue();
        assertThat(installer.history().getLast().release().revisions()).extracting(Deployed::revision).containsExactly("canary");
    }

    @Test
    void a_revision_that_proxies_or_namespaces_still_use_is_not_taken_away() {
        kube.install("0.2.0");
        apply(upgrade("0.3.0").beside("canary", "0.3.0", GivenValues.NONE, Conflicts.REFUSE));
        kube.server().objects().put("/api/v1/namespaces/shop", """
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"meshctl.dev/revision": "canary"}}}
                """);
        injected("web", "canary", "Running");
        injected("job", "canary", "Succeeded");
        injected("api", "default", "Running");

        Prepared refused = installer.prepare(upgrade("0.3.0").without("canary", Conflicts.REFUSE));
        Prepared back = installer.prepare(Rollback.to(new Rollback(kube.place()).target(OptionalInt.of(1)), Conflicts.REFUSE));
        kube.server().objects().delete("/api/v1/namespaces/shop");
        Prepared free = installer.prepare(upgrade("0.3.0").without("canary", Conflicts.REFUSE));

        assertThat(refused.blocking()).extracting(Finding::text).containsExactly("revision canary goes, and is in use: 1 proxy in shop"
                + " would hear of no change any more; new pods would get no proxy in shop, which names it by label");
        assertThat(back.blocking()).extracting(Finding::check).containsExactly("revisions");
        assertThat(free.blocking()).isEmpty();
    }

    @Test
    void the_promoted_revision_cannot_be_taken_away() {
        kube.install("0.2.0");

        CliError refused = catchThrowableOfType(CliError.class, () -> upgrade("0.2.0").without("default", Conflicts.REFUSE));

        assertThat(refused.what()).contains("\"default\" is the promoted one");
    }

    @Test
    void without_an_installation_there_is_nothing_to_upgrade() {
        CliError nothing = catchThrowableOfType(CliError.class, () -> upgrade("0.2.0"));

        assertThat(nothing.next()).isEqualTo("meshctl install --cluster west");
    }

    @Test
    void proxies_that_are_too_old_or_too_new_stand_against_it() {
        kube.install("0.5.0");
        pod("old", "0.2.1");
        pod("new", "0.6.0");

        List<Finding> findings = upgrade("0.5.0").skew(upgrade("0.5.0").inPlace("0.5.1", GivenValues.NONE, Conflicts.REFUSE));

        assertThat(findings).filteredOn(Finding::blocks).extracting(Finding::text).containsExactly(
                "1 proxies are 0.2, more than 2 minor versions older than 0.5",
                "1 proxies are 0.6, newer than a control plane of 0.5 would be");
    }

    @Test
    void a_linked_mesh_that_would_be_too_far_away_stands_against_it() {
        kube.install("0.5.0");
        linked("east", "Active", Instant.now(), "0.3.1");
        linked("north", "Active", Instant.now(), "0.4.0");

        List<Finding> findings = upgrade("0.6.0").skew(upgrade("0.6.0").inPlace("0.6.0", GivenValues.NONE, Conflicts.REFUSE));

        assertThat(findings).filteredOn(Finding::blocks).extracting(Finding::text).containsExactly(
                "the link to east: it is 0.3.1, 3 minor versions older than 0.6, and linked meshes may be 2 apart");
    }

    @Test
    void a_linked_mesh_that_is_away_or_was_not_heard_of_lately_only_warns() {
        kube.install("0.5.0");
        linked("east", "Stale", Instant.now(), "0.3.1");
        linked("north", "Active", Instant.now().minus(Duration.ofHours(1)), "0.3.1");

        Upgrade upgrade = upgrade("0.6.0");
        List<Finding> findings = upgrade.skew(upgrade.inPlace("0.6.0", GivenValues.NONE, Conflicts.REFUSE));

        assertThat(findings).noneMatch(Finding::blocks);
        assertThat(findings).filteredOn(finding -> finding.result() == Result.WARN).extracting(Finding::text)
                .allMatch(text -> text.contains("was 0.3.1 when it was heard last")).hasSize(2);
        assertThat(Upgrade.linksAway(kube.place())).containsExactlyInAnyOrder("east", "north");
    }

    @Test
    void values_alone_move_nothing_away_from_a_linked_mesh() {
        kube.install("0.5.0");
        linked("east", "Active", Instant.now(), "0.1.0");

        assertThat(upgrade("0.5.0").skew(upgrade("0.5.0").inPlace("0.5.0", GivenValues.NONE, Conflicts.REFUSE)))
                .noneMatch(Finding::blocks);
    }

    @Test
    void links_count_when_a_revision_is_promoted_since_the_gateway_moves_then() {
        kube.install("0.5.0");
        linked("east", "Active", Instant.now(), "0.3.1");
        Wanted beside = upgrade("0.6.0").beside("next", "0.6.0", GivenValues.NONE, Conflicts.REFUSE);

        assertThat(upgrade("0.6.0").skew(beside)).noneMatch(Finding::blocks);
        apply(beside);

        Upgrade promotion = upgrade("0.6.0");
        assertThat(promotion.skew(promotion.promote("next", Conflicts.REFUSE))).filteredOn(Finding::blocks)
                .extracting(Finding::text).singleElement().asString().startsWith("the link to east: it is 0.3.1");
    }

    @Test
    void links_that_may_not_be_seen_are_unknown_and_do_not_pass_for_good_ones() {
        kube.install("0.5.0");
        kube.server().fail(1000, (method, path) -> path.contains("/meshlinks"), 403,
                FakeApiServer.status(403, "Forbidden", "meshlinks.meshctl.dev is forbidden: User \"jane\" cannot list"));

        List<Finding> findings = upgrade("0.6.0").skew(upgrade("0.6.0").inPlace("0.6.0", GivenValues.NONE, Conflicts.REFUSE));

        assertThat(findings).filteredOn(finding -> finding.check().equals("versions of links")).singleElement()
                .satisfies(finding -> {
                    assertThat(finding.result()).isEqualTo(Result.UNKNOWN);
                    assertThat(finding.text()).startsWith("which meshes are linked: ");
                });
    }

    @Test
    void the_way_back_stays_open_though_it_leads_away_from_a_linked_mesh() {
        kube.install("0.2.0");
        kube.install("0.3.0");
        linked("east", "Active", Instant.now(), "0.5.0");
        Rollback rollback = new Rollback(kube.place());

        List<Finding> findings = rollback.skew(rollback.target(OptionalInt.empty()), "0.3.0");

        assertThat(findings).noneMatch(Finding::blocks);
        assertThat(findings).filteredOn(finding -> finding.result() == Result.WARN).extracting(Finding::text).containsExactly(
                "the link to east: it is 0.5.0, 3 minor versions newer than 0.2, and linked meshes may be 2 apart");
    }

    @Test
    void a_rollback_restores_a_checkpoint_and_leaves_one_of_its_own() {
        kube.install("0.2.0", "gateway.enabled=false");
        kube.install("0.3.0");
        Rollback rollback = new Rollback(kube.place());

        Checkpoint target = rollback.target(OptionalInt.empty());
        installer.carryOut(installer.prepare(Rollback.to(target, Conflicts.REFUSE)), kube.progress());

        assertThat(target.number()).isEqualTo(1);
        assertThat(image("control-plane")).endsWith(":0.2.0");
        assertThat(kube.server().objects().has(Kube.DEPLOYMENTS + "federation-gateway")).isFalse();
        assertThat(installer.history()).extracting(Checkpoint::what).containsExactly("install", "install", "rollback to 1");
    }

    @Test
    void a_rollback_to_what_never_worked_or_never_was_is_refused() {
        kube.install("0.2.0");
        Rollback rollback = new Rollback(kube.place());

        CliError unknown = catchThrowableOfType(CliError.class, () -> rollback.target(OptionalInt.of(9)));
        CliError first = catchThrowableOfType(CliError.class, () -> rollback.target(OptionalInt.empty()));

        assertThat(unknown.why()).isEqualTo("there are: 1");
        assertThat(first.what()).isEqualTo("there is nothing to go back to");
    }

    private void apply(Wanted wanted) {
        Prepared prepared = installer.prepare(wanted);
        assertThat(prepared.blocking()).isEmpty();
        installer.carryOut(prepared, kube.progress());
    }

    private Upgrade upgrade(String cli) {
        return new Upgrade(kube.place(), cli);
    }

    private static Verdict works() {
        return new Verdict.Passed("31 checks: 31 pass");
    }

    private String image(String deployment) {
        return kube.server().objects().get(Kube.DEPLOYMENTS + deployment).path("spec").path("template").path("spec")
                .path("containers").get(0).path("image").asString("");
    }

    private String promotedInjector() {
        return kube.server().objects().get("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/meshctl-injector-promoted")
                .path("webhooks").get(0).path("clientConfig").path("service").path("name").asString("");
    }

    private void linked(String peer, String phase, Instant lastSeen, String version) {
        kube.server().objects().put("/apis/meshctl.dev/v1alpha1/meshlinks/" + peer, """
                {'apiVersion': 'meshctl.dev/v1alpha1', 'kind': 'MeshLink', 'metadata': {'name': '%1$s'}, 'spec': {'trustDomain': '%1$s.mesh'},
                 'status': {'phase': '%2$s', 'lastSeen': '%3$s', 'peerVersion': '%4$s'}}""".formatted(peer, phase, lastSeen, version));
    }

    private void pod(String name, String version) {
        kube.server().objects().put("/api/v1/namespaces/shop/pods/" + name, """
                {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': '%s', 'namespace': 'shop', 'annotations': {'meshctl.dev/injected': '{}'}},
                 'spec': {'initContainers': [{'name': 'meshctl-proxy', 'image': 'r.example:5000/meshctl:%s'}], 'containers': []}}"""
                .formatted(name, version));
    }

    private void injected(String name, String revision, String phase) {
        kube.server().objects().put("/api/v1/namespaces/shop/pods/" + name, """
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "%s", "namespace": "shop",
                  "annotations": {"meshctl.dev/injected": "{\\"revision\\":\\"%s\\"}"}}, "status": {"phase": "%s"}}
                """.formatted(name, revision, phase));
    }
}
