package dev.meshctl.cli.output;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** Writes maps, lists and scalars as JSON or YAML. Apart from the console, so that tables load no Jackson. */
public final class Data {
    private Data() {}

    public static String write(OutputFormat format, Object value) {
        return format == OutputFormat.YAML ? yaml(value) : json(value);
    }

    private static String json(Object value) {
        return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(value);
    }

    private static String yaml(Object value) {
        return YAMLMapper.builder()
                .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                .build()
                .writeValueAsString(value)
                .stripTrailing();
    }
}
