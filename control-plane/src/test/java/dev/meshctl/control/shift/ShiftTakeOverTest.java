package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.util.List;
import java.util.Set;
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
}
