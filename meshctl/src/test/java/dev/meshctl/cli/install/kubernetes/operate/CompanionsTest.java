package dev.meshctl.cli.install.kubernetes.operate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompanionsTest {
    private static final String DEFINITION = """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata:
              name: %s.example.org
              annotations:
                text: "%s"
            status: {}
            ---
            """;

    @Test
    void a_manifest_as_large_as_the_experimental_channel_of_gateway_api_is_read_whole() {
        String manifest = DEFINITION.formatted("first", "x".repeat(4 << 20)) + DEFINITION.formatted("second", "y");

        List<RenderedObject> definitions = Companions.read("experimental-install.yaml", manifest);

        assertEquals(List.of("first.example.org", "second.example.org"),
                definitions.stream().map(object -> object.tree().path("metadata").path("name").asString()).toList());
    }

    @Test
    void a_manifest_without_definitions_is_refused_with_its_name() {
        CliError error = assertThrows(CliError.class, () -> Companions.read("pods.yaml", "kind: Pod\n"));

        assertEquals("there are no CustomResourceDefinitions in pods.yaml", error.getMessage());
    }
}
