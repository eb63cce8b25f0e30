package dev.meshctl.control.admission.manifest;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;
import tools.jackson.dataformat.yaml.util.StringQuotingChecker;

/** The text of each document, as it was or written anew, in JSON if the whole text was JSON. */
final class DocumentTexts {
    private static final ObjectMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final ObjectMapper YAML = YAMLMapper.builder(
                    YAMLFactory.builder().stringQuotingChecker(new WhatIsNotText()).build())
            .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
            .disable(YAMLWriteFeature.SPLIT_LINES)
            .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
            .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
            .enable(YAMLWriteFeature.INDENT_ARRAYS_WITH_INDICATOR)
            .build();

    private final String text;
    private final List<Integer> starts = new ArrayList<>();

    /** @param lines where the documents start, from 1, ascending */
    DocumentTexts(String text, List<Integer> lines) {
        this.text = text;
        int at = 0;
        int line = 1;
        for (int start : lines) {
            for (; line < start; line++) {
                at = text.indexOf('\n', at) + 1;
            }
            // What is before the first document, comments for one, is part of it.
            starts.add(starts.isEmpty() ? 0 : at);
        }
        starts.add(text.length());
    }

    /** Quotes all that some reader would not take for text. */
    private static final class WhatIsNotText extends StringQuotingChecker.Default {
        @Override
        public boolean needToQuoteValue(String value) {
            return PlainScalar.needsQuotes(value) || super.needToQuoteValue(value);
        }

        @Override
        public boolean needToQuoteName(String name) {
            return PlainScalar.needsQuotes(name) || super.needToQuoteName(name);
        }
    }

    String original(int index) {
        return text.substring(starts.get(index), starts.get(index + 1));
    }

    String rewritten(int index, JsonNode tree) {
        String before = index == 0 && !original(0).startsWith("---") ? "" : "---\n";
        return before + (text.stripLeading().startsWith("{") ? JSON.writeValueAsString(tree) + "\n" : YAML.writeValueAsString(tree));
    }
}
