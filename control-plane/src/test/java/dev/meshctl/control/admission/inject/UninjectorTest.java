package dev.meshctl.control.admission.inject;

import static dev.meshctl.control.admission.PodShapes.SETTINGS;
import static dev.meshctl.control.admission.PodShapes.WANTED;
import static dev.meshctl.control.admission.PodShapes.json;
import static dev.meshctl.control.admission.PodShapes.objects;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.PodShapes;
import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import dev.meshctl.control.admission.inject.Injection.Refused;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class UninjectorTest {
    private static final List<Injector> INJECTORS = List.of(new Injector(SETTINGS),
            new Injector(SETTINGS.withRedirect(InjectionSettings.Redirect.NODE)),
            new Injector(SETTINGS.withRevision("r7", true)));

    static List<ObjectNode> injectable() {
        return PodShapes.injectable();
    }

    private static ObjectNode injected(ObjectNode object) {
        return ((Changed) INJECTORS.getFirst().inject(object, WANTED)).object();
    }

    private static ObjectNode uninjected(ObjectNode object) {
        return ((Changed) Uninjector.uninject(object)).object();
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void what_goes_in_comes_out_to_the_order_of_the_fields(ObjectNode shape) {
        for (Injector injector : INJECTORS) {
            ObjectNode injected = ((Changed) injector.inject(shape, WANTED)).object();

            assertThat(injected).isNotEqualTo(shape);
            assertThat(uninjected(injected).toString()).isEqualTo(shape.toString());
        }
    }

    /** Shapes with fields taken away, emptied and set to null, a thousand and more; each is made of its seed. */
    static Stream<Integer> seeds() {
        return IntStream.range(0, 40).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void it_does_so_for_shapes_nobody_has_written(int seed) {
        Random random = new Random(seed);
        int tried = 0;
        for (ObjectNode shape : PodShapes.injectable()) {
            ObjectNode mutant = shape.deepCopy();
            mutate(PodShapes.pod(mutant), random);
            for (Injector injector : INJECTORS) {
                if (injector.inject(mutant, WANTED) instanceof Changed(ObjectNode injected, List<String> warnings)) {
                    tried++;
                    assertThat(uninjected(injected).toString()).as("seed %d: %s", seed, mutant).isEqualTo(mutant.toString());
                }
            }
        }
        assertThat(tried).isPositive();
    }

    private static void mutate(JsonNode node, Random random) {
        if (node instanceof ObjectNode object) {
            for (String name : List.copyOf(object.propertyNames())) {
                switch (random.nextInt(25)) {
                    case 0 -> object.remove(name);
                    case 1 -> object.putNull(name);
                    case 2 -> object.set(name, object.path(name).isArray() ? object.arrayNode() : object.objectNode());
                    default -> mutate(object.path(name), random);
                }
            }
        } else if (node.isArray()) {
            node.forEach(item -> mutate(item, random));
        }
    }

    @Test
    void what_others_changed_since_stays() {
        ObjectNode injected = injected(objects("nginx-deployment").getFirst());
        ObjectNode template = (ObjectNode) PodShapes.pod(injected);
        ((ObjectNode) template.at("/metadata/annotations")).put("added.example.org/by", "someone");
        ((ArrayNode) template.at("/spec/initContainers")).insert(0, json("{\"name\":\"vault-agent\",\"image\":\"v\"}"));
        ((ObjectNode) template.at("/spec/containers/0")).put("image", "nginx:1.28");

        JsonNode after = PodShapes.pod(uninjected(injected));

        assertThat(after.at("/metadata/annotations").toString()).isEqualTo("{\"added.example.org/by\":\"someone\"}");
        assertThat(after.at("/spec/initContainers/0/name").asString()).isEqualTo("vault-agent");
        assertThat(after.at("/spec/initContainers").size()).isEqualTo(1);
        assertThat(after.at("/spec/containers/0/image").asString()).isEqualTo("nginx:1.28");
        assertThat(after.at("/spec/containers/0/livenessProbe/httpGet/port").asString()).isEqualTo("http");
    }

    @Test
    void a_probe_that_was_given_a_new_target_since_is_kept() {
        ObjectNode injected = injected(objects("nginx-deployment").getFirst());
        ((ObjectNode) PodShapes.pod(injected).at("/spec/containers/0/livenessProbe/httpGet")).put("path", "/new").put("port", 81);

        JsonNode probe = PodShapes.pod(uninjected(injected)).at("/spec/containers/0/livenessProbe/httpGet");

        assertThat(probe.toString()).isEqualTo("{\"path\":\"/new\",\"port\":81}");
    }

    @Test
    void a_pod_that_was_not_injected_is_left_alone() {
        assertThat(((LeftAlone) Uninjector.uninject(objects("nginx-deployment").getFirst())).reason()).isEqualTo(Reason.NOT_INJECTED);
        assertThat(((LeftAlone) Uninjector.uninject(objects("own-proxy-container").getFirst())).reason()).isEqualTo(Reason.NOT_INJECTED);
        assertThat(((LeftAlone) Uninjector.uninject(json("{\"kind\":\"Service\"}"))).reason()).isEqualTo(Reason.NOT_A_WORKLOAD);
    }

    @Test
    void a_record_that_cannot_be_read_is_refused_rather_than_half_undone() {
        ObjectNode noRecord = injected(objects("nginx-deployment").getFirst());
        ((ObjectNode) PodShapes.pod(noRecord).at("/metadata/annotations")).put(PodAnnotations.INJECTED, "true");
        ObjectNode noProbes = injected(objects("nginx-deployment").getFirst());
        PodShapes.pod(noProbes).at("/spec/initContainers/1/env").forEach(e -> {
            if (e.path("name").asString().equals("MESHCTL_APP_PROBES")) {
                ((ObjectNode) e).put("value", "{broken");
            }
        });

        assertThat(((Refused) Uninjector.uninject(noRecord)).faults().getFirst().toString()).contains(PodAnnotations.INJECTED, "before injection");
        assertThat(((Refused) Uninjector.uninject(noProbes)).faults().getFirst().toString()).contains("MESHCTL_APP_PROBES");
    }
}
