package dev.meshctl.control.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.store.Observed;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StateWordsTest {
    private static final long GENERATION = 3;

    private static Map<String, Object> condition(String type, String status, String reason) {
        return Map.of("type", type, "status", status, "reason", reason, "observedGeneration", GENERATION);
    }

    private static Map<String, Object> parent(String controller, Map<?, ?>... conditions) {
        return Map.of("controllerName", controller, "conditions", List.of(conditions));
    }

    private static String route(Map<?, ?>... parents) {
        return StateWords.of(new Observed(GENERATION, Map.of("parents", List.of(parents))));
    }

    private static String one(Map<?, ?>... conditions) {
        return StateWords.of(new Observed(GENERATION, Map.of("conditions", List.of(conditions))));
    }

    @Test
    void a_route_whose_conditions_all_hold_is_accepted() {
        assertThat(route(parent(StatusWriter.CONTROLLER, condition("ResolvedRefs", "True", "ResolvedRefs"),
                condition("Accepted", "True", "Accepted")))).isEqualTo("Accepted");
    }

    @Test
    void an_accepted_route_without_its_backend_says_what_is_missing() {
        assertThat(route(parent(StatusWriter.CONTROLLER, condition("Accepted", "True", "Accepted"),
                condition("ResolvedRefs", "False", "BackendNotFound")))).isEqualTo("BackendNotFound");
    }

    @Test
    void why_a_route_is_not_accepted_comes_before_what_it_lacks() {
        assertThat(route(parent(StatusWriter.CONTROLLER, condition("ResolvedRefs", "False", "BackendNotFound"),
                condition("Accepted", "False", "NoMatchingParent")))).isEqualTo("NoMatchingParent");
    }

    @Test
    void parents_of_other_controllers_say_nothing_and_equal_ones_say_it_once() {
        assertThat(route(parent("example.org/gateway", condition("Accepted", "False", "NotAllowedByListeners")),
                parent(StatusWriter.CONTROLLER, condition("Accepted", "True", "Accepted")),
                parent(StatusWriter.CONTROLLER, condition("Accepted", "False", "Conflicted")),
                parent(StatusWriter.CONTROLLER, condition("Accepted", "True", "Accepted")))).isEqualTo("Accepted,Conflicted");
    }

    @Test
    void an_export_is_valid_until_others_export_it_otherwise() {
        assertThat(one(condition("Valid", "True", "Valid"), condition("Conflict", "False", "NoConflicts"))).isEqualTo("Valid");
        assertThat(one(condition("Valid", "True", "Valid"), condition("Conflict", "True", "PortConflict,TypeConflict")))
                .isEqualTo("PortConflict,TypeConflict");
        assertThat(one(condition("Valid", "False", "NoService"), condition("Conflict", "True", "PortConflict")))
                .isEqualTo("NoService");
    }

    @Test
    void conditions_of_what_the_object_said_before_are_pending() {
        Map<String, Object> older = Map.of("type", "Accepted", "status", "True", "reason", "Accepted", "observedGeneration", GENERATION - 1);

        assertThat(one(older)).isEqualTo("Pending");
        assertThat(route(parent(StatusWriter.CONTROLLER, older))).isEqualTo("Pending");
    }

    @Test
    void an_object_that_nobody_has_looked_at_and_conditions_of_others_say_nothing() {
        assertThat(one()).isEmpty();
        assertThat(StateWords.of(new Observed(GENERATION, Map.of()))).isEmpty();
        assertThat(one(condition("Programmed", "False", "Waiting"), condition("Accepted", "True", "Accepted"))).isEqualTo("Accepted");
    }
}
