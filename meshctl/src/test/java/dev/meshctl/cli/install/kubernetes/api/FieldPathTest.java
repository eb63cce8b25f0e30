package dev.meshctl.cli.install.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class FieldPathTest {
    private static final String TREE = """
            {"metadata": {"labels": {"app.kubernetes.io/name": "a", "app": "b"}, "finalizers": ["x", "y"]},
             "spec": {"replicas": 2, "ports": [{"port": 80, "protocol": "TCP"}, {"port": 81, "protocol": "TCP"}],
              "containers": [{"name": "app", "image": "i"}, {"name": "other", "image": "j"}]}}
            """;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        ".spec.replicas | /spec/replicas",
        ".metadata.labels.app.kubernetes.io/name | /metadata/labels/app.kubernetes.io~1name",
        ".metadata.labels.app | /metadata/labels/app",
        ".spec.containers[name=\"other\"].image | /spec/containers/1/image",
        ".spec.ports[port=81,protocol=\"TCP\"].protocol | /spec/ports/1/protocol",
        ".spec.containers[0].image | /spec/containers/0/image"})
    void the_field_that_is_named_goes_and_no_other(String path, String pointer) {
        JsonNode tree = JsonMapper.builder().build().readTree(TREE);
        int before = tree.toString().length();

        assertThat(tree.at(pointer).isMissingNode()).isFalse();
        assertThat(FieldPath.remove(tree, path)).isTrue();
        assertThat(tree.at(pointer).isMissingNode()).isTrue();
        assertThat(before - tree.toString().length()).isLessThan(40);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {".spec.paused", ".spec.containers[name=\"none\"].image", ".spec.repl", "spec"})
    void what_is_not_there_changes_nothing(String path) {
        JsonNode tree = JsonMapper.builder().build().readTree(TREE);

        assertThat(FieldPath.remove(tree, path)).isFalse();
        assertThat(tree).isEqualTo(JsonMapper.builder().build().readTree(TREE));
    }

    @ParameterizedTest
    @CsvSource({"'[=\"y\"]'"})
    void an_item_of_a_set_is_named_by_its_value(String item) {
        JsonNode tree = JsonMapper.builder().build().readTree(TREE);

        assertThat(FieldPath.remove(tree, ".metadata.finalizers" + item)).isTrue();
        assertThat(tree.at("/metadata/finalizers").toString()).isEqualTo("[\"x\"]");
    }
}
