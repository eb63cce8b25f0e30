package dev.meshctl.control.shift;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.api.resource.TrafficShift.Condition;
import dev.meshctl.api.resource.TrafficShift.Observed;
import dev.meshctl.api.resource.TrafficShift.Phase;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;

/**
 * A shift of payments.shop from v1 to v2, named s, with a controller, a store in memory and a clock that stands. Both
 * versions run, and there is no route yet.
 */
abstract class ShiftScenario {
    /** With {@code onFailure} to be filled in. */
    static final String SHIFT = """
            apiVersion: meshctl.dev/v1alpha1
            kind: TrafficShift
            metadata: {name: s}
            spec:
              service: payments
              from: v1
              to: v2
              steps: [10, 50, 100]
              bake: 60s
              gate: {successRatePercent: 99, latencyMs: 200, minRequests: 50}
              onFailure: %s
              holdLimit: 5m
            """;
    static final Observed GOOD = new Observed(100, 0, Optional.of(100.0), Optional.of(20.0));
    static final Observed BAD = new Observed(100, 20, Optional.of(80.0), Optional.of(20.0));
    static final Observed SLOW = new Observed(100, 0, Optional.of(100.0), Optional.of(500.0));
    static final Observed FEW = new Observed(3, 0, Optional.of(100.0), Optional.of(20.0));

    final MemoryShiftStore store = new MemoryShiftStore();
    Instant now = Instant.parse("2026-01-31T12:00:00Z");
    Observed observed = GOOD;
    ShiftController controller = controller();

    @BeforeEach
    void given_a_shift_from_v1_to_v2() throws Exception {
        apply(SHIFT.formatted("Revert"));
    }

    /** Another one, as after a restart. */
    final ShiftController controller() {
        return new ShiftController(store, (service, version, percentile, from, to) -> observed, () -> now);
    }

    /** Lets time pass, and the controller look. */
    final void pass(Duration time) {
        now = now.plus(time);
        controller.tick();
    }

    final TrafficShift shift() {
        return store.shift("s");
    }

    final void apply(String text) throws InvalidResource {
        store.apply((TrafficShift) parse(text));
    }

    static Resource parse(String text) throws InvalidResource {
        return ResourceParser.parseOne("test", text, "shop");
    }

    /** A route whose first and last rule have no other backend than the service itself. */
    final void plainRoute() throws InvalidResource {
        store.apply((HttpRoute) parse("""
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: payments, annotations: {meshctl.dev/allow-missing-versions: "true"}}
                spec:
                  parentRefs: [{name: payments}]
                  rules:
                    - {matches: [{path: {value: /slow}}], timeouts: {request: 30s}, backendRefs: [{name: payments, port: 80}]}
                    - {matches: [{path: {value: /old}}], backendRefs: [{name: legacy}]}
                    - {backendRefs: [{group: "", kind: Service, name: payments, namespace: shop, port: 80, weight: 5}]}
                """));
    }

    final void assertState(Phase phase, String weights) {
        assertState(phase, 0, weights);
    }

    /** @param rule of route payments */
    final void assertState(Phase phase, int rule, String weights) {
        assertThat(shift().status().phase()).as(shift().status().reason()).isEqualTo(phase);
        assertThat(store.weights("payments", rule)).isEqualTo(weights);
    }

    final Condition condition() {
        assertThat(shift().status().conditions()).hasSize(1);
        return shift().status().conditions().getFirst();
    }

    final void assertCondition(String status, String reason) {
        assertThat(condition().type()).isEqualTo("Progressing");
        assertThat(condition().status()).isEqualTo(status);
        assertThat(condition().reason()).isEqualTo(reason);
        assertThat(condition().message()).isEqualTo(shift().status().reason());
        assertThat(condition().observedGeneration()).isEqualTo(shift().metadata().generation());
    }
}
