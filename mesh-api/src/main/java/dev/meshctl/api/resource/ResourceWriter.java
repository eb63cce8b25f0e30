package dev.meshctl.api.resource;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;
import tools.jackson.dataformat.yaml.util.StringQuotingChecker;

/**
 * Writes resources as {@link ResourceParser} reads them: fields in the order of the records, durations as
 * {@code 1m30s}, nothing for what is empty. Equal resources have equal text.
 */
public final class ResourceWriter {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final ObjectMapper PRETTY = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final ObjectMapper YAML = YAMLMapper.builder(
                    YAMLFactory.builder().stringQuotingChecker(new WhatIsNotText()).build())
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .disable(YAMLWriteFeature.SPLIT_LINES)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLWriteFeature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private ResourceWriter() {}

    /** Quotes all that the reader would not take for text, such as a version 12e4. */
    private static final class WhatIsNotText extends StringQuotingChecker.Default {
        @Override
        public boolean needToQuoteValue(String value) {
            return NodeReader.typeOf(value) != Node.Type.TEXT || super.needToQuoteValue(value);
        }
    }

    /** JSON on one line, as the admin API and the store carry it. */
    public static String json(Resource resource) {
        return JSON.writeValueAsString(Records.plain(resource));
    }

    /** JSON for people: a single resource as itself, any other number as a {@code List}. */
    public static String prettyJson(List<? extends Resource> resources) {
        if (resources.size() == 1) {
            return PRETTY.writeValueAsString(Records.plain(resources.getFirst()));
        }
        Map<String, Object> list = new LinkedHashMap<>();
        list.put("apiVersion", "v1");
        list.put("kind", "List");
        list.put("items", resources.stream().map(Records::plain).toList());
        return PRETTY.writeValueAsString(list);
    }

    /** One YAML document, ending with a line break. */
    public static String yaml(Resource resource) {
        return YAML.writeValueAsString(Records.plain(resource));
    }

    /** YAML documents with {@code ---} between them. */
    public static String yaml(List<? extends Resource> resources) {
        return resources.stream().map(ResourceWriter::yaml).collect(Collectors.joining("---\n"));
    }
}
