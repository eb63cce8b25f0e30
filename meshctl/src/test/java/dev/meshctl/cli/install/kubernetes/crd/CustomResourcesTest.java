package dev.meshctl.cli.install.kubernetes.crd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.api.resource.Kinds;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class CustomResourcesTest {
    /** Kinds whose status the control plane tells and never reads. */
    private static final List<Kind> TOLD = List.of(Kinds.TRAFFIC_POLICY, Kinds.ACCESS_POLICY);

    static Stream<Kind> kinds() {
        return CustomResources.KINDS.stream();
    }

    @Test
    void every_kind_of_the_mesh_has_a_definition_but_those_that_kubernetes_says_itself() {
        List<Kind> own = Kinds.ALL.stream().filter(kind -> kind.apiVersion().startsWith(Kinds.GROUP + "/"))
                .filter(kind -> kind != Kinds.SERVICE && kind != Kinds.WORKLOAD).toList();

        assertThat(CustomResources.KINDS).containsExactlyInAnyOrderElementsOf(own);
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void an_api_server_takes_the_definition(Kind kind) {
        assertThat(DefinitionCheck.problems(CustomResources.definition(kind))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void names_and_scope_are_those_that_users_type(Kind kind) {
        JsonNode spec = CustomResources.definition(kind).path("spec");

        assertThat(spec.path("names").path("kind").asString()).isEqualTo(kind.name());
        assertThat(spec.path("names").path("plural").asString()).isEqualTo(kind.plural());
        assertThat(spec.path("scope").asString()).isEqualTo(kind.namespaced() ? "Namespaced" : "Cluster");
        assertThat(spec.path("names").path("shortNames").valueStream().map(JsonNode::asString))
                .allMatch(kind.shortNames()::contains);
        assertThat(spec.path("group").asString() + "/" + spec.path("versions").get(0).path("name").asString())
                .isEqualTo(kind.apiVersion());
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void fields_are_those_of_the_records(Kind kind) {
        JsonNode schema = schema(kind);

        for (RecordComponent component : kind.type().getRecordComponents()) {
            if (!component.getName().equals("metadata")) {
                assertSame(component.getType(), schema.path("properties").path(component.getName()), kind.name());
            }
        }
        boolean journal = Arrays.stream(kind.type().getRecordComponents()).anyMatch(c -> c.getName().equals("status"));
        assertThat(schema.path("properties").has("status")).isEqualTo(journal || TOLD.contains(kind));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void a_status_is_written_apart_from_what_users_write(Kind kind) {
        JsonNode version = CustomResources.definition(kind).path("spec").path("versions").get(0);

        assertThat(version.path("subresources").has("status")).isEqualTo(schema(kind).path("properties").has("status"));
    }

    @Test
    void policies_have_the_conditions_of_kubernetes() {
        for (Kind kind : TOLD) {
            JsonNode condition = schema(kind).path("properties").path("status").path("properties").path("conditions").path("items");

            assertThat(condition.path("properties").propertyNames()).containsExactlyInAnyOrder(
                    "type", "status", "observedGeneration", "lastTransitionTime", "reason", "message");
        }
    }

    private static void assertSame(Class<?> type, JsonNode schema, String path) {
        List<String> fields = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
        assertThat(schema.path("properties").propertyNames()).as(path).containsExactlyInAnyOrderElementsOf(fields);
        for (RecordComponent component : type.getRecordComponents()) {
            JsonNode inner = schema.path("properties").path(component.getName());
            boolean list = component.getType() == List.class;
            Class<?> item = item(component.getGenericType());
            if (item.isRecord()) {
                assertSame(item, list ? inner.path("items") : inner, path + "." + component.getName());
            }
        }
    }

    private static Class<?> item(Type type) {
        if (type instanceof ParameterizedType generic
                && (generic.getRawType() == List.class || generic.getRawType() == Optional.class)) {
            return (Class<?>) generic.getActualTypeArguments()[0];
        }
        return (Class<?>) type;
    }

    static JsonNode schema(Kind kind) {
        return CustomResources.definition(kind).path("spec").path("versions").get(0).path("schema").path("openAPIV3Schema");
    }
}
