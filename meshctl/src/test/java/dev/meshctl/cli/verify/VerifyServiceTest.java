package dev.meshctl.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.admin.GetResponse;
import dev.meshctl.api.proto.admin.ListProxiesResponse;
import dev.meshctl.api.proto.admin.ListServicesResponse;
import dev.meshctl.api.proto.admin.ProxyView;
import dev.meshctl.api.proto.admin.ServiceSource;
import dev.meshctl.api.proto.admin.ServiceView;
import dev.meshctl.api.proto.admin.StatusResponse;
import dev.meshctl.api.proto.admin.TypeSync;
import dev.meshctl.api.proto.admin.VersionView;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResponse;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.cli.ExitCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class VerifyServiceTest {
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private static VerifyReport verify(FakeFleet fleet, Duration timeout) throws InterruptedException {
        return new VerifyService(fleet, fleet, () -> FakeFleet.NOW)
                .verify(fleet.fleet(), fleet.fleet().clusters(), timeout, result -> {});
    }

    private static VerifyReport verify(FakeFleet fleet) throws InterruptedException {
        return verify(fleet, TIMEOUT);
    }

    private static CheckResult result(VerifyReport report, Check check) {
        return report.results().stream().filter(r -> r.check() == check).findFirst().orElseThrow();
    }

    @Test
    void a_healthy_cluster_is_green_and_every_check_says_why() throws InterruptedException {
        VerifyReport report = verify(new FakeFleet().with("west"));
        assertThat(report.results()).allSatisfy(r -> {
            assertThat(r.result()).isEqualTo(Result.PASS);
            assertThat(r.evidence()).isNotEmpty();
        });
        assertThat(report.exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void a_gateway_that_nobody_could_dial_fails_once_there_is_a_link_and_warns_before() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.control("west").answer("Status", StatusResponse.newBuilder().setCluster("west").setGatewayConnected(true)
                .setGatewayProblem("the Service has no address yet").build());

        CheckResult alone = result(verify(fleet), Check.MV0401);
        fleet.control("west").answer("ListLinks", FakeFleet.link("east", "Active"));
        CheckResult linked = result(verify(fleet), Check.MV0401);

        assertThat(alone.result()).isEqualTo(Result.WARN);
        assertThat(linked.result()).isEqualTo(Result.FAIL);
        assertThat(List.of(alone, linked)).allMatch(each -> each.evidence().contains("the Service has no address yet")
                && each.hint().contains("federation-gateway"));
    }

    @Test
    void a_control_plane_that_is_away_fails_its_check_and_leaves_the_others_unknown() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        for (String method : List.of("Status", "ListLinks", "ListProxies", "ListServices", "Get")) {
            fleet.control("west").without(method);
        }
        VerifyReport report = verify(fleet);
        assertThat(result(report, Check.MV0102).result()).isEqualTo(Result.FAIL);
        assertThat(result(report, Check.MV0102).evidence())
                .isEqualTo("the control plane of west does not answer (connection refused)");
        assertThat(result(report, Check.MV0302).result()).isEqualTo(Result.UNKNOWN);
        assertThat(result(report, Check.MV0402).result()).isEqualTo(Result.UNKNOWN);
        assertThat(result(report, Check.MV0502).result()).isEqualTo(Result.UNKNOWN);
        assertThat(report.exitCode()).isEqualTo(ExitCode.FAILED);
    }

    @Test
    void a_check_that_cannot_run_is_unknown_and_never_green() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.proxy("west").hang("Probe");
        VerifyReport report = verify(fleet, Duration.ofMillis(300));
        assertThat(result(report, Check.MV0501).result()).isEqualTo(Result.UNKNOWN);
        assertThat(report.count(Result.FAIL)).isZero();
        assertThat(report.exitCode()).isEqualTo(ExitCode.UNKNOWN);
    }

    @Test
    void on_kubernetes_sidecars_of_several_namespaces_call_each_in_the_name_of_its_pod() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a", "shop/b", "web/c");

        CheckResult probe = result(verify(fleet), Check.MV0501);

        assertThat(probe.result()).isEqualTo(Result.PASS);
        assertThat(probe.evidence()).contains("from shop/a").contains("from web/c").doesNotContain("shop/b")
                .contains("spiffe://prod.mesh/ns/shop/sa/app");
    }

    @Test
    void where_no_pod_has_a_proxy_nothing_is_green_and_nothing_fails_for_it() throws InterruptedException {
        VerifyReport report = verify(new FakeFleet().withKubernetes("prod").withSidecars("prod"));

        for (Check check : List.of(Check.MV0301, Check.MV0501)) {
            assertThat(result(report, check).result()).as(check.name()).isEqualTo(Result.SKIPPED);
            assertThat(result(report, check).evidence()).contains("no running pod has a proxy");
        }
        assertThat(report.count(Result.FAIL)).isZero();
    }

    @Test
    void calls_of_one_sidecar_that_fail_are_not_hidden_by_those_of_another() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a", "web/c");
        fleet.pod("web/c").answer("Probe", ProbeResponse.newBuilder().addResults(
                ProbeResult.newBuilder().setStatus(503).setError("connect_failed: refused")).build());

        CheckResult probe = result(verify(fleet), Check.MV0501);

        assertThat(probe.result()).isEqualTo(Result.FAIL);
        assertThat(probe.evidence()).contains("from web/c").contains("connect_failed: refused (status 503)");
    }

    @Test
    void a_call_may_take_most_of_the_time_that_its_check_has() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a");
        List<ProbeRequest> asked = new CopyOnWriteArrayList<>();
        fleet.pod("shop/a").answering("Probe", request -> {
            asked.add((ProbeRequest) request);
            return FakeFleet.sidecarProbe("prod", "prod", false);
        });

        CheckResult probe = result(verify(fleet, TIMEOUT), Check.MV0501);

        assertThat(probe.evidence()).startsWith("3 calls from shop/a");
        assertThat(asked).hasSize(3).allSatisfy(each -> assertThat(each.getCount()).isOne());
        assertThat(asked.getFirst().getTimeoutMs()).isGreaterThan((int) TIMEOUT.toMillis() / 4);
    }

    @Test
    void after_a_call_that_failed_no_other_is_made() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a");
        List<Object> asked = new CopyOnWriteArrayList<>();
        fleet.pod("shop/a").answering("Probe", request -> {
            asked.add(request);
            return ProbeResponse.newBuilder().addResults(ProbeResult.newBuilder().setError("request_timeout: no answer")).build();
        });

        assertThat(result(verify(fleet), Check.MV0501).result()).isEqualTo(Result.FAIL);
        assertThat(asked).hasSize(1);
    }

    @Test
    void a_sidecar_that_cannot_be_asked_says_nothing_and_without_any_other_nobody_knows() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a", "web/c");
        fleet.pod("web/c").without("Probe");
        assertThat(result(verify(fleet), Check.MV0501).result()).isEqualTo(Result.PASS);

        fleet.pod("shop/a").without("Probe");
        CheckResult probe = result(verify(fleet), Check.MV0501);
        assertThat(probe.result()).isEqualTo(Result.UNKNOWN);
        assertThat(probe.evidence()).contains("the proxy of pod shop/a does not make the call");
    }

    @Test
    void an_answer_by_somebody_of_another_trust_domain_fails() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().withKubernetes("prod").withSidecars("prod", "shop/a");
        fleet.pod("shop/a").answer("Probe", FakeFleet.sidecarProbe("evil", "prod", false));

        assertThat(result(verify(fleet), Check.MV0501).evidence())
                .contains("the server is \"spiffe://evil.mesh/ns/shop/sa/app\" instead of one of prod.mesh");
    }

    @Test
    void a_linked_cluster_without_any_proxy_is_not_called_and_not_green() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west").withKubernetes("prod").withSidecars("prod");
        fleet.control("west").answer("ListLinks", FakeFleet.link("prod", "Active"));

        CheckResult probe = result(verify(fleet), Check.MV0502);

        assertThat(probe.result()).isEqualTo(Result.SKIPPED);
        assertThat(probe.evidence()).isEqualTo("in prod no running pod has a proxy, so nothing can answer");
    }

    private static CheckResult versions(String own, String phase, String peer) throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west").with("east");
        fleet.control("west").answer("ListLinks", FakeFleet.link("east", phase, peer))
                .answer("Status", StatusResponse.newBuilder().setVersion(own).build());
        return result(verify(fleet), Check.MV0405);
    }

    @Test
    void linked_meshes_whose_versions_go_together_are_green_and_others_are_not() throws InterruptedException {
        assertThat(versions("1.4.0", "Active", "1.2.9").result()).isEqualTo(Result.PASS);
        assertThat(versions("1.4.0", "Active", "1.6.0").evidence()).isEqualTo("west is 1.4.0, east is 1.6.0");

        CheckResult apart = versions("1.4.0", "Active", "1.1.0");
        assertThat(apart.result()).isEqualTo(Result.FAIL);
        assertThat(apart.evidence()).isEqualTo("west is 1.4.0, east is 1.1.0; linked meshes may be 2 minor versions apart");
        assertThat(apart.hint()).isEqualTo("upgrade east");
        assertThat(versions("1.4.0", "Active", "2.0.0").hint()).isEqualTo("upgrade west");
    }

    @Test
    void a_version_of_a_linked_mesh_that_nobody_knows_is_never_green() throws InterruptedException {
        CheckResult away = versions("1.4.0", "Stale", "1.4.0");
        assertThat(away.result()).isEqualTo(Result.UNKNOWN);
        assertThat(away.evidence()).isEqualTo("east is not there; it was 1.4.0 when it was heard last");

        CheckResult silent = versions("1.4.0", "Active", "");
        assertThat(silent.result()).isEqualTo(Result.UNKNOWN);
        assertThat(silent.evidence()).isEqualTo("east does not say which version it is of");

        assertThat(versions("1.4.0", "Active", "newest\u001b[2J").evidence()).isEqualTo(silent.evidence());
        assertThat(versions("dev", "Active", "1.4.0").result()).as("a control plane from classes").isEqualTo(Result.UNKNOWN);
    }

    @Test
    void pods_that_cannot_be_seen_are_unknown_and_not_missing() throws InterruptedException {
        VerifyReport report = verify(new FakeFleet().withKubernetes("prod"));
        assertThat(result(report, Check.MV0101).result()).isEqualTo(Result.UNKNOWN);
        assertThat(result(report, Check.MV0101).evidence()).isEqualTo("the API server takes no connection");
        assertThat(report.exitCode()).isEqualTo(ExitCode.UNKNOWN);
    }

    @Test
    void an_authority_near_its_end_warns_and_then_fails() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.trust("west").answer("Status", FakeFleet.trustStatus("west.mesh", Duration.ofDays(29)));
        assertThat(result(verify(fleet), Check.MV0201).result()).isEqualTo(Result.WARN);
        fleet.trust("west").answer("Status", FakeFleet.trustStatus("west.mesh", Duration.ofDays(6)));
        assertThat(result(verify(fleet), Check.MV0201).result()).isEqualTo(Result.FAIL);
    }

    @Test
    void a_bundle_that_differs_at_a_peer_fails() throws InterruptedException {
        FakeFleet fleet = linked("Active");
        CheckResult missing = result(verify(fleet), Check.MV0203);
        assertThat(missing.result()).isEqualTo(Result.FAIL);
        assertThat(missing.evidence()).contains("has no bundle of");
        assertThat(missing.hint()).startsWith("meshctl link");
    }

    @Test
    void a_link_that_is_not_active_fails_on_both_sides() throws InterruptedException {
        VerifyReport report = verify(linked("Stale"));
        assertThat(report.results().stream().filter(r -> r.check() == Check.MV0402 || r.check() == Check.MV0403))
                .hasSize(4).allSatisfy(r -> {
                    assertThat(r.result()).isEqualTo(Result.FAIL);
                    assertThat(r.evidence()).contains("Stale");
                });
    }

    @Test
    void a_probe_of_a_peer_passes_only_through_the_gateways_and_from_that_cluster() throws InterruptedException {
        FakeFleet fleet = linked("Active");
        fleet.proxy("east").answer("Probe", FakeFleet.probe("west", true));
        fleet.proxy("west").answer("Probe", FakeFleet.probe("east", false));
        VerifyReport report = verify(fleet);
        List<CheckResult> probes =
                report.results().stream().filter(r -> r.check() == Check.MV0502).toList();
        assertThat(probes).extracting(CheckResult::subject, CheckResult::result).containsExactly(
                org.assertj.core.groups.Tuple.tuple("east -> west", Result.PASS),
                org.assertj.core.groups.Tuple.tuple("west -> east", Result.FAIL));
        assertThat(probes.getLast().evidence()).contains("did not go through the gateways");
    }

    @Test
    void a_probe_answered_under_another_identity_fails() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.proxy("west").answer("Probe", ProbeResponse.newBuilder().addResults(ProbeResult.newBuilder()
                .setStatus(200).setServedBy("west").setPeerIdentity("spiffe://evil.mesh/ns/meshctl-system/sa/probe"))
                .build());
        CheckResult result = result(verify(fleet), Check.MV0501);
        assertThat(result.result()).isEqualTo(Result.FAIL);
        assertThat(result.evidence()).contains("evil.mesh");
    }

    @Test
    void a_refused_configuration_fails_and_names_the_reason_and_a_pending_one_warns() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.control("west").answer("ListProxies", proxies(
                TypeSync.newBuilder().setType("Service").setNacked(1).setLastNack("bad regex").build()));
        assertThat(result(verify(fleet), Check.MV0302)).satisfies(r -> {
            assertThat(r.result()).isEqualTo(Result.FAIL);
            assertThat(r.evidence()).contains("bad regex");
        });
        fleet.control("west").answer("ListProxies", proxies(
                TypeSync.newBuilder().setType("Service").setPending(2).build()));
        assertThat(result(verify(fleet), Check.MV0302).result()).isEqualTo(Result.WARN);
    }

    @Test
    void a_route_to_a_version_without_a_ready_workload_fails() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        fleet.control("west")
                .answer("ListServices", ListServicesResponse.newBuilder().addServices(ServiceView.newBuilder()
                        .setName("payments").setNamespace("shop").setExported(true)
                        .addSources(ServiceSource.newBuilder().setCluster("west").setLocal(true)
                                .addVersions(VersionView.newBuilder().setVersion("v1").setReady(1).setTotal(1))
                                .addVersions(VersionView.newBuilder().setVersion("v2").setTotal(1)))).build())
                .answer("Get", GetResponse.newBuilder().addResources("""
                        {"metadata": {"name": "payments", "namespace": "shop"},
                         "spec": {"parentRefs": [{"name": "payments"}], "rules": [{"backendRefs": [
                           {"group": "meshctl.dev", "kind": "Version", "name": "v1", "weight": 90},
                           {"group": "meshctl.dev", "kind": "Version", "name": "v2", "weight": 10}]}]}}""").build());
        CheckResult result = result(verify(fleet), Check.MV0601);
        assertThat(result.result()).isEqualTo(Result.FAIL);
        assertThat(result.evidence()).contains("v2").doesNotContain("version v1");
        assertThat(result(verify(fleet), Check.MV0602).result()).isEqualTo(Result.PASS);
    }

    @Test
    void the_listener_hears_of_every_result() throws InterruptedException {
        FakeFleet fleet = new FakeFleet().with("west");
        List<CheckResult> heard = Collections.synchronizedList(new ArrayList<>());
        VerifyReport report = new VerifyService(fleet, fleet, () -> FakeFleet.NOW)
                .verify(fleet.fleet(), fleet.fleet().clusters(), TIMEOUT, heard::add);
        assertThat(heard).containsExactlyInAnyOrderElementsOf(report.results());
    }

    @Test
    void nothing_checked_is_not_green() {
        assertThat(new VerifyReport(FakeFleet.NOW, Duration.ZERO, List.of()).exitCode()).isEqualTo(ExitCode.UNKNOWN);
    }

    private static FakeFleet linked(String phase) {
        FakeFleet fleet = new FakeFleet().with("west").with("east");
        fleet.control("west").answer("ListLinks", FakeFleet.link("east", phase));
        fleet.control("east").answer("ListLinks", FakeFleet.link("west", phase));
        return fleet;
    }

    private static ListProxiesResponse proxies(TypeSync type) {
        return ListProxiesResponse.newBuilder().addProxies(ProxyView.newBuilder().setNode("node-1").setConnected(true)
                .addTypes(type)).build();
    }
}
