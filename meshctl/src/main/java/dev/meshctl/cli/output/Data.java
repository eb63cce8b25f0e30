package dev.meshctl.cli.output;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;
import tools.jackson.dataformat.yaml.util.StringQuotingChecker;

/** Writes maps, lists and scalars as JSON or YAML. Apart from the console, so that tables load no Jackson. */
public final class Data {
    private static final String NUMERIC = "0123456789+-.";

    private Data() {}

    /** Quotes what readers could take for a number or a time, as a resource version: Kubernetes wants text there. */
    private static final class WhatIsNotText extends StringQuotingChecker.Default {
        private static final long serialVersionUID = 1L;

        @Override
        public boolean needToQuoteValue(String value) {
            return !value.isEmpty() && NUMERIC.indexOf(value.charAt(0)) >= 0 || super.needToQuoteValue(value);
        }
    }

    public static String write(OutputFormat format, Object value) {
        return format == OutputFormat.YAML ? yaml(value) : json(value);
    }

    private static String json(Object value) {
        return JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build().writeValueAsString(value);
    }

    private static String yaml(Object value) {
        return YAMLMapper.builder(YAMLFactory.builder().stringQuotingChecker(new WhatIsNotText()).build())
                .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                .disable(YAMLWriteFeature.SPLIT_LINES)
                .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                .build()
                .writeValueAsString(value)
                .stripTrailing();
    }
}
