package dev.meshctl.control.admission.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class JsonPatchTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "{\"a\":1} | {\"a\":1} | []",
        "{\"a\":1} | {\"a\":2} | [{\"op\":\"replace\",\"path\":\"/a\",\"value\":2}]",
        "{\"a\":1} | {} | [{\"op\":\"remove\",\"path\":\"/a\"}]",
        "{} | {\"a\":null} | [{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]",
        "{\"a\":null} | {\"a\":{}} | [{\"op\":\"replace\",\"path\":\"/a\",\"value\":{}}]",
        "{\"x/y~z\":{\"\":1}} | {\"x/y~z\":{\"\":2}} | [{\"op\":\"replace\",\"path\":\"/x~1y~0z/\",\"value\":2}]",
        "[1,2,3] | [0,1,2,3] | [{\"op\":\"add\",\"path\":\"/0\",\"value\":0}]",
        "[1,2,3] | [1,3] | [{\"op\":\"remove\",\"path\":\"/1\"}]",
        "[1,2,3] | [1,9,3] | [{\"op\":\"replace\",\"path\":\"/1\",\"value\":9}]",
        "[1,1,1] | [1,1] | [{\"op\":\"remove\",\"path\":\"/2\"}]",
        "[{\"name\":\"a\",\"v\":1}] | [{\"name\":\"b\"},{\"name\":\"a\",\"v\":2}] | "
                + "[{\"op\":\"add\",\"path\":\"/0\",\"value\":{\"name\":\"b\"}},{\"op\":\"replace\",\"path\":\"/1/v\",\"value\":2}]",
        "[] | {} | [{\"op\":\"replace\",\"path\":\"\",\"value\":{}}]",
    })
    void a_difference_is_said_with_as_few_operations_as_a_person_would_use(String from, String to, String patch) {
        JsonNode operations = JsonPatch.between(JSON.readTree(from), JSON.readTree(to));

        assertThat(operations.toString()).isEqualTo(patch);
        assertThat(PatchInterpreter.apply(JSON.readTree(from), operations)).isEqualTo(JSON.readTree(to));
    }

    static Stream<Integer> seeds() {
        return IntStream.range(0, 500).boxed();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void applying_the_difference_of_any_two_trees_to_one_gives_the_other(int seed) {
        Random random = new Random(seed);
        JsonNode from = tree(random, 4);
        JsonNode to = random.nextBoolean() ? tree(random, 4) : changed(from.deepCopy(), random);

        JsonNode patch = JsonPatch.between(from, to);

        assertThat(PatchInterpreter.apply(from, patch)).as("seed %d: %s -> %s", seed, from, to).isEqualTo(to);
        assertThat(patch.isEmpty()).isEqualTo(from.equals(to));
    }

    @Test
    void lists_too_long_to_be_matched_are_still_made_equal() {
        ArrayNode from = NODES.arrayNode();
        ArrayNode to = NODES.arrayNode();
        IntStream.range(0, 600).forEach(i -> {
            from.add(i);
            to.add(10_000 - i);
        });

        assertThat(PatchInterpreter.apply(from, JsonPatch.between(from, to))).isEqualTo(to);
    }

    private static JsonNode tree(Random random, int depth) {
        int kind = random.nextInt(depth == 0 ? 4 : 7);
        return switch (kind) {
            case 0 -> NODES.numberNode(random.nextInt(3));
            case 1 -> NODES.stringNode(random.nextBoolean() ? "a" : "b");
            case 2 -> NODES.booleanNode(random.nextBoolean());
            case 3 -> NODES.nullNode();
            case 4, 5 -> {
                ObjectNode object = NODES.objectNode();
                IntStream.range(0, random.nextInt(5)).forEach(i -> object.set(name(random), tree(random, depth - 1)));
                yield object;
            }
            default -> {
                ArrayNode array = NODES.arrayNode();
                IntStream.range(0, random.nextInt(6)).forEach(i -> array.add(tree(random, depth - 1)));
                yield array;
            }
        };
    }

    private static String name(Random random) {
        return new String[] {"name", "a/b", "c~d", "", "x", "~1"}[random.nextInt(6)];
    }

    private static JsonNode changed(JsonNode node, Random random) {
        if (node instanceof ObjectNode object && !object.isEmpty()) {
            object.set(name(random), tree(random, 2));
            object.values().forEach(child -> changed(child, random));
        } else if (node instanceof ArrayNode array) {
            array.insert(random.nextInt(array.size() + 1), tree(random, 2));
            array.forEach(child -> changed(child, random));
        }
        return node;
    }
}
