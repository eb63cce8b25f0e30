package dev.meshctl.cli.install.kubernetes.diff;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.diff.Change.Action;
import dev.meshctl.cli.install.kubernetes.operate.Kube;
import dev.meshctl.cli.install.kubernetes.operate.Wanted;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ComparisonTest {
    private final Kube kube = new Kube();

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void in_an_empty_cluster_everything_is_new_and_the_server_is_asked_about_nothing() {
        Changes changes = compare(Kube.wanted("0.2.0", Conflicts.REFUSE));

        assertThat(changes.all()).allMatch(change -> change.action() == Action.CREATE);
        assertThat(kube.server().requests()).noneMatch(line -> line.startsWith("PATCH"));
        assertThat(changes.all().getFirst().diff()).contains("+kind: CustomResourceDefinition");
    }

    @Test
    void a_changed_setting_is_one_difference_in_one_object_with_lines_around_it() {
        kube.install("0.2.0");

        Changes changes = compare(Kube.wanted("0.2.0", Conflicts.REFUSE, "trustBridge.replicas=3"));

        assertThat(changes.effective()).extracting(Change::key).extracting(Object::toString).containsExactly(
                "Deployment mesh-system/trust-bridge", "PodDisruptionBudget mesh-system/trust-bridge");
        assertThat(changes.effective().getFirst().diff()).contains("-  replicas: 1", "+  replicas: 3")
                .anyMatch(line -> line.startsWith("@@ ")).hasSizeLessThan(12);
        assertThat(changes.summary()).contains("1 to create, 1 to change");
    }

    @Test
    void what_somebody_else_changed_back_and_forth_shows_as_what_would_be_changed_back() {
        kube.install("0.2.0");
        ((ObjectNode) kube.server().objects().get(Kube.DEPLOYMENTS + "trust-bridge").path("spec")).put("replicas", 5);

        Changes changes = compare(Kube.wanted("0.2.0", Conflicts.REFUSE));

        assertThat(changes.effective()).singleElement()
                .satisfies(change -> assertThat(change.diff()).contains("-  replicas: 5", "+  replicas: 1"));
    }

    @Test
    void comparing_changes_nothing() {
        kube.install("0.2.0");
        String before = kube.server().objects().get(Kube.DEPLOYMENTS + "trust-bridge").toString();
        kube.server().forget();

        compare(Kube.wanted("0.3.0", Conflicts.TAKE));

        assertThat(kube.server().writes()).isEmpty();
        assertThat(kube.server().objects().get(Kube.DEPLOYMENTS + "trust-bridge")).hasToString(before);
    }

    @Test
    void secrets_are_never_shown_only_whether_they_change() {
        ObjectNode before = (ObjectNode) JsonMapper.builder().build().readTree(
                "{\"kind\":\"Secret\",\"data\":{\"same\":\"YQ==\",\"other\":\"Yg==\",\"gone\":\"Yw==\"}}");
        ObjectNode after = (ObjectNode) JsonMapper.builder().build().readTree(
                "{\"kind\":\"Secret\",\"data\":{\"same\":\"YQ==\",\"other\":\"ZA==\",\"new\":\"ZQ==\"}}");

        List<List<String>> lines = Shown.lines(before, after);

        assertThat(lines.toString()).doesNotContain("YQ==", "Yg==", "Yw==", "ZA==", "ZQ==");
        assertThat(lines.getFirst()).contains("  same: \"***\"", "  other: \"*** (before)\"", "  gone: \"*** (before)\"");
        assertThat(lines.getLast()).contains("  other: \"*** (after)\"", "  new: \"*** (after)\"");
    }

    @Test
    void what_the_server_keeps_for_itself_is_no_difference() {
        ObjectNode tree = (ObjectNode) JsonMapper.builder().build().readTree("""
                {"b": 1, "a": 2, "status": {"x": 1}, "metadata": {"name": "n", "uid": "u", "generation": 4, "resourceVersion": "9",
                 "creationTimestamp": "t", "managedFields": [], "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}}""");

        assertThat(Shown.comparable(tree)).hasToString("{\"a\":2,\"b\":1,\"metadata\":{\"name\":\"n\"}}");
    }

    private Changes compare(Wanted wanted) {
        return new Comparison(kube.place().api(), wanted.conflicts()).of(wanted.companions(), wanted.release(), List.of());
    }
}
