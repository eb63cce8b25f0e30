package dev.meshctl.cli.testing.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** What a file may and must have; what it does not is told with its path. */
final class Shape {
    private Shape() {}

    static void object(String path, JsonNode node, Set<String> known, Set<String> required) {
        assertThat(node.isObject()).as(path + " is a map").isTrue();
        assertThat(node.propertyNames()).as("keys of " + path).isSubsetOf(known).containsAll(required);
    }

    /** A list of text, or a text. */
    static List<String> texts(String path, JsonNode node) {
        List<String> texts = new ArrayList<>();
        if (node.isString()) {
            texts.add(node.asString(""));
        }
        node.forEach(item -> {
            assertThat(item.isString()).as(path + ": each item is text").isTrue();
            texts.add(item.asString(""));
        });
        return texts;
    }

    /** Names with texts or numbers. */
    static Map<String, String> variables(String path, JsonNode node) {
        Map<String, String> variables = new LinkedHashMap<>();
        node.properties().forEach(entry -> {
            assertThat(entry.getValue().isValueNode()).as(path + "." + entry.getKey() + " is a text or number").isTrue();
            variables.put(entry.getKey(), entry.getValue().asString(""));
        });
        return variables;
    }
}
