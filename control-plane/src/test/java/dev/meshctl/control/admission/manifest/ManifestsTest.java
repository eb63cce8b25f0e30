package dev.meshctl.control.admission.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.control.admission.PodShapes;
import dev.meshctl.control.admission.TestTrees;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.manifest.Manifests.Rendered;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class ManifestsTest {
    private static final String SERVICE = """
            # The front door.
            apiVersion: v1
            kind: Service
            metadata: {name: web}   # of the shop
            spec: {ports: [{port: 80}]}
            """;
    private static final String POD = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              containers:
                - {name: web, image: "web:1"}
            """;

    private static Rendered inject(String text) throws InvalidManifest {
        return Manifests.inject("app.yaml", text, "shop", new Injector(PodShapes.SETTINGS));
    }

    private static JsonNode read(String yaml) throws InvalidManifest {
        return ManifestReader.read("<test>", yaml).getFirst().tree();
    }

    @Test
    void documents_that_do_not_change_come_out_to_the_character() throws Exception {
        Rendered rendered = inject(SERVICE + "---\n" + POD + "---\n" + SERVICE);

        assertThat(rendered.text()).startsWith(SERVICE + "---\n").endsWith("---\n" + SERVICE).contains("name: meshctl-proxy");
        assertThat(rendered.outcomes()).hasSize(3);
        assertThat(rendered.refused()).isFalse();
        assertThat(inject(SERVICE).text()).isEqualTo(SERVICE);
        assertThat(inject("").text()).isEmpty();
        assertThat(inject("# nothing\n").text()).isEqualTo("# nothing\n");
    }

    @Test
    void what_is_written_is_what_another_reader_reads() throws Exception {
        String text = POD.replace("image: \"web:1\"", """
                image: "web:1", env: [{name: A, value: "0644"}, {name: B, value: "yes"}, {name: C, value: "1e3"}, \
                {name: D, value: "null"}, {name: E, value: "1_000"}, {name: F, value: "y"}, {name: G, value: "0x1F"}, \
                {name: H, value: ""}, {name: I, value: "# no comment"}, {name: J, value: "a: b"}, {name: K, value: " x "}, \
                {name: L, value: "line\\nline\\n\\n"}, {name: M, value: "\\ttab"}, {name: N, value: "2026-01-31"}, \
                {name: O, value: "&a *b !c"}, {name: P, value: "\\u00e9\\u2028"}, {name: Q, value: "12:30:45"}]""");
        JsonNode env = TestTrees.read(text).getFirst().at("/spec/containers/0/env");

        String written = inject(text).text();

        assertThat(env.size()).isEqualTo(17);
        assertThat(TestTrees.read(written).getFirst().at("/spec/containers/0/env")).isEqualTo(env);
        assertThat(read(written).at("/spec/containers/0/env")).isEqualTo(env);
    }

    @Test
    void uninjecting_the_written_text_gives_the_trees_that_were_read() throws Exception {
        for (String name : List.of("many-documents", "list-of-everything", "unknown-fields", "postgres-statefulset", "every-probe")) {
            String text = Files.readString(Path.of("src/test/resources/pods", name + ".yaml"));
            Rendered injected = inject(text);

            Rendered back = Manifests.uninject("app.yaml", injected.text());

            assertThat(injected.text()).isNotEqualTo(text);
            assertThat(trees(back.text())).as(name).isEqualTo(trees(text));
        }
    }

    private static List<JsonNode> trees(String text) throws InvalidManifest {
        return ManifestReader.read("<test>", text).stream().map(ManifestReader.Document::tree).toList();
    }

    @Test
    void json_stays_json() throws Exception {
        String json = PodShapes.objects("bare-pod-no-ports").getFirst().toPrettyString();

        String written = inject(json).text();

        assertThat(written).startsWith("{").endsWith("}\n");
        assertThat(PodShapes.json(written).at("/spec/initContainers/1/name").asString()).isEqualTo("meshctl-proxy");
    }

    @Test
    void injecting_a_text_twice_changes_nothing_more() throws Exception {
        String once = inject(SERVICE + "---\n" + POD).text();

        assertThat(inject(once).text()).isEqualTo(once);
    }

    @Test
    void a_refused_document_says_where_it_starts() throws Exception {
        Rendered rendered = inject(SERVICE + "---\n" + POD.replace("name: web}", "name: web, annotations: {meshctl.dev/injekt: a}}"));

        assertThat(rendered.refused()).isTrue();
        assertThat(rendered.outcomes().getLast().line()).isEqualTo(6);
        assertThat(rendered.text()).doesNotContain("meshctl-proxy");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "0644 | 420", "0o644 | 420", "644 | 644", "0x1F | 31", "0b101 | 5", "1_000 | 1000", "-0 | 0", "+7 | 7", "08 | 8",
        "1.50 | 1.50", "yes | true", "Off | false", "~ | null", "y | \"y\"", "1.2.3 | \"1.2.3\"", "2026-01-31 | \"2026-01-31\"",
        "12345678901234567890 | 12345678901234567890", "'\"0644\"' | \"0644\"", "!!str 7 | \"7\"", "12:30 | \"12:30\"",
    })
    void scalars_are_read_as_kubectl_reads_them(String yaml, String json) throws Exception {
        assertThat(read("v: " + yaml).path("v").toString()).isEqualTo(json);
    }

    @Test
    void merge_keys_and_keys_that_are_no_text_are_read_as_kubectl_reads_them() throws Exception {
        JsonNode tree = read("a: &a {x: 1, y: 2}\nb: &b {y: 3, z: {w: 4}}\nc: {<<: [*a, *b], x: 0}\n8080: p\non: t\n");

        assertThat(tree.path("c").toString()).isEqualTo("{\"x\":0,\"y\":2,\"z\":{\"w\":4}}");
        assertThat(tree.propertyNames()).contains("8080", "true");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'a: 1\na: 2' | app.yaml:2:1: the key \"a\" is there twice",
        "'a: [1, 2' | app.yaml:1:9: not valid YAML",
        "'a: !!binary aGk=' | YAML tags are not allowed",
        "'a: *b' | names no finished anchor",
        "'a: .inf' | has no form in JSON",
        "'a: {<<: 7}' | << must be followed by a mapping",
        "'? [a]\n: 1' | a key must be text",
    })
    void what_kubernetes_could_not_be_given_is_refused_with_line_and_column(String text, String said) {
        assertThatThrownBy(() -> inject(text.replace("\\n", "\n"))).isInstanceOf(InvalidManifest.class).hasMessageContaining(said);
    }

    @Test
    void aliases_cannot_blow_a_text_up_nor_make_it_deep() {
        StringBuilder wide = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        StringBuilder deep = new StringBuilder("a0: &a0 " + "[".repeat(60) + "]".repeat(60) + "\n");
        for (int i = 1; i < 12; i++) {
            wide.append("a%d: &a%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, "*a" + (i - 1)))));
            deep.append("a%d: &a%d %s*a%d%s\n".formatted(i, i, "[".repeat(60), i - 1, "]".repeat(60)));
        }

        assertThatThrownBy(() -> inject(wide.toString())).hasMessageContaining("more than 2000000 values");
        assertThatThrownBy(() -> inject(deep.toString())).hasMessageContaining("nested deeper than 100 levels");
        assertThatThrownBy(() -> inject("[".repeat(5000))).hasMessageContaining("nested deeper than 100 levels");
    }
}
