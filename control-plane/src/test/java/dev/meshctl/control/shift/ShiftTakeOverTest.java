package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules that name the service itself: when a shift takes them over, and when they are put back. */
class ShiftTakeOverTest extends ShiftScenario {
    @Test
    void a_rule_whose_only_backend_is_the_service_itself_is_taken_over_with_all_else_in_it() throws Exception {
        plainRoute();

        controller.tick();

        assertThat(backends()).isEqualTo(
                "[Version v1[80]=90+Version v2[80]=10, Service legacy=1, Version v1[80]=90+Version v2[80]=10]");
        HttpRoute route = store.route("shop", "payments").orElseThrow();
        assertThat(route.spec().rules().getFirst().timeouts().request()).contains(Duration.ofSeconds(30));
        assertThat(route.spec().rules().getFirst().matches()).hasSize(1);
        assertThat(route.metadata().annotations()).containsEntry(TakenOver.ANNOTATION, "0,2")
                .containsEntry("meshctl.dev/allow-missing-versions", "true");
        pass(Duration.ofSeconds(60));
        assertThat(store.weights("payments", 2)).isEqualTo("v1=50 v2=50");
    }

    private String backends() {
        return store.route("shop", "payments").orElseThrow().backendRefs().stream().map(refs -> String.join("+", refs.stream()
                .map(ref -> ref.kind() + " " + ref.name() + ref.port() + "=" + ref.weight()).toList())).toList().toString()
                .replace("OptionalInt.empty", "").replace("OptionalInt", "");
    }

    @Test
    void a_rule_that_was_taken_over_is_put_back_after_a_revert_as_soon_as_the_failed_version_gets_no_calls_by_it() throws Exception {
        plainRoute();
        controller.tick();
        observed = BAD;
        pass(Duration.ofSeconds(5));

        assertState(Phase.REVERTED, "v1=100 v2=0");
        pass(Duration.ofSeconds(1));
        assertThat(store.weights("payments", 2)).as("v2 still runs, and would be called again").isEqualTo("v1=100 v2=0");

        store.running = Set.of("v1");
        pass(RouteWrites.PUT_BACK_AFTER.minusSeconds(1));
        store.running = Set.of("v1", "v2");
        pass(Duration.ofSeconds(1));
        store.running = Set.of("v1");
        pass(Duration.ofSeconds(1));
        pass(RouteWrites.PUT_BACK_AFTER.minusSeconds(1));
        assertThat(store.weights("payments", 2)).as("v2 was back meanwhile").isEqualTo("v1=100 v2=0");
        pass(Duration.ofSeconds(1));

        assertThat(backends()).isEqualTo("[Service payments[80]=1, Service legacy=1, Service payments[80]=1]");
        assertThat(store.route("shop", "payments").orElseThrow().metadata().annotations())
                .containsOnlyKeys("meshctl.dev/allow-missing-versions");
        assertThat(shift().status().phase()).isEqualTo(Phase.REVERTED);
        int writes = store.writes.size();
        pass(Duration.ofSeconds(1));
        assertThat(store.writes).as("once").hasSize(writes);
    }

    @Test
    void a_rule_that_was_taken_over_is_put_back_after_a_success_once_the_old_version_has_gone() throws Exception {
        plainRoute();
        controller.tick();
        for (int step = 0; step < 3; step++) {
            pass(Duration.ofSeconds(60));
        }
        assertState(Phase.SUCCEEDED, "v1=0 v2=100");

        store.running = Set.of("v2");
        pass(Duration.ofSeconds(1));
        pass(RouteWrites.PUT_BACK_AFTER);

        assertThat(backends()).isEqualTo("[Service payments[80]=1, Service legacy=1, Service payments[80]=1]");
    }

    @Test
    void what_a_user_has_written_into_a_rule_that_was_taken_over_stays() throws Exception {
        plainRoute();
        controller.tick();
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        HttpRoute route = store.route("shop", "payments").orElseThrow();
        store.apply(route.withBackendRefs(List.of(route.backendRefs().get(1), route.backendRefs().get(1), route.backendRefs().get(1))));
        store.running = Set.of("v1");

        pass(Duration.ofSeconds(1));
        pass(RouteWrites.PUT_BACK_AFTER);

        assertThat(backends()).isEqualTo("[Service legacy=1, Service legacy=1, Service legacy=1]");
    }

    private void write(String... rules) throws Exception {
        String written = String.join(", ", Stream.of(rules).map(rule -> "{backendRefs: [" + rule + "]}").toList());
        HttpRoute route = (HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments, annotations: {meshctl.dev/taken-over-by-shift: "0"}}
                spec: {parentRefs: [{name: payments}], rules: [%s]}
                """.formatted(written));
        store.apply(route);
    }

    private static String version(String name, int weight) {
        return "{group: meshctl.dev, kind: Version, name: %s, weight: %d}".formatted(name, weight);
    }

    /** The shift has ended, and only this version runs, for long. */
    private void longAlone(String version) {
        store.running = Set.of(version);
        pass(Duration.ofSeconds(1));
        pass(RouteWrites.PUT_BACK_AFTER);
    }

    @Test
    void a_rule_with_one_version_alone_is_no_longer_what_the_shift_has_written() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 1));

        longAlone("v1");

        assertThat(backends()).isEqualTo("[Version v1=1]");
    }

    @Test
    void a_rule_that_names_another_service_too_is_no_longer_what_the_shift_has_written() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 1) + ", {name: legacy, weight: 0}");

        longAlone("v1");

        assertThat(backends()).isEqualTo("[Version v1=1+Service legacy=0]");
    }

    @Test
    void a_rule_that_both_versions_have_a_share_of_keeps_it_while_one_of_them_is_away() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 90) + ", " + version("v2", 10));

        longAlone("v1");

        assertThat(backends()).isEqualTo("[Version v1=90+Version v2=10]");
    }

    @Test
    void a_rule_whose_version_with_all_traffic_is_away_keeps_it_while_only_the_other_runs() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 0) + ", " + version("v2", 100));

        longAlone("v1");

        assertThat(backends()).isEqualTo("[Version v1=0+Version v2=100]");
    }

    @Test
    void a_rule_that_the_user_wrote_with_both_versions_is_not_put_back_with_those_that_were_taken_over() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        String settled = version("v1", 100) + ", " + version("v2", 0);
        write(settled, settled);

        longAlone("v1");

        assertThat(backends()).isEqualTo("[Service payments=1, Version v1=100+Version v2=0]");
        assertThat(controller.counters()).containsEntry("rule_put_back", 1L);
    }

    @Test
    void another_version_that_runs_alone_has_to_do_so_for_as_long() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 0) + ", " + version("v2", 100));
        longAlone("v1");

        store.running = Set.of("v2");
        pass(Duration.ofSeconds(1));
        assertThat(store.weights("payments", 0)).isEqualTo("v1=0 v2=100");
        pass(RouteWrites.PUT_BACK_AFTER);

        assertThat(backends()).isEqualTo("[Service payments=1]");
    }

    @Test
    void nothing_is_put_back_while_another_shift_of_the_service_is_under_way() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: other}
                spec: {parentRefs: [{name: payments}], rules: [{backendRefs: [{group: meshctl.dev, kind: Version, name: v5}]}]}
                """));
        apply(SHIFT.formatted("Revert").replace("name: s", "name: t").replace("from: v1", "from: v5"));
        pass(Duration.ofSeconds(1));
        controller.control("shop", "t", ShiftAction.PAUSE);
        write(version("v1", 100) + ", " + version("v3", 0));

        longAlone("v1");
        assertThat(store.weights("payments", 0)).isEqualTo("v1=100 v3=0");
        controller.control("shop", "t", ShiftAction.ROLLBACK);
        longAlone("v1");

        assertThat(backends()).isEqualTo("[Service payments=1]");
    }

    @Test
    void a_version_that_was_alone_before_another_run_of_the_shift_has_to_be_so_anew() throws Exception {
        controller.control("shop", "s", ShiftAction.ROLLBACK);
        write(version("v1", 0) + ", " + version("v2", 100));
        longAlone("v1");
        apply(SHIFT.formatted("Revert"));
        store.running = Set.of("v1", "v2");
        pass(Duration.ofSeconds(1));
        assertState(Phase.PROGRESSING, "v1=90 v2=10");
        observed = BAD;
        store.running = Set.of("v1");
        pass(Duration.ofSeconds(5));
        assertState(Phase.REVERTED, "v1=100 v2=0");

        pass(Duration.ofSeconds(1));
        assertThat(store.weights("payments", 0)).as("v2 ran a moment ago").isEqualTo("v1=100 v2=0");
        pass(RouteWrites.PUT_BACK_AFTER);

        assertThat(backends()).isEqualTo("[Service payments=1]");
    }
}
