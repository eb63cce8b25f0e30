package dev.meshctl.cli.install.kubernetes.render;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;
import tools.jackson.dataformat.yaml.util.StringQuotingChecker;

/** Writes trees as YAML that readers of YAML 1.1 and 1.2 understand alike, the same bytes each time. */
public final class YamlText {
    private static final YAMLMapper MAPPER = YAMLMapper.builder(YAMLFactory.builder()
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .disable(YAMLWriteFeature.SPLIT_LINES)
                    .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                    .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .enable(YAMLWriteFeature.LITERAL_BLOCK_STYLE)
                    .enable(YAMLWriteFeature.INDENT_ARRAYS_WITH_INDICATOR)
                    .stringQuotingChecker(new Quoting())
                    .build())
            .build();

    private YamlText() {}

    /** One document for each tree, each begun by {@code ---}. */
    public static String write(Iterable<? extends JsonNode> trees) {
        StringBuilder text = new StringBuilder();
        trees.forEach(tree -> text.append("---\n").append(write(tree)));
        return text.toString();
    }

    /** One tree, without {@code ---}. */
    public static String write(JsonNode tree) {
        return MAPPER.writeValueAsString(tree).lines().map(String::stripTrailing).collect(Collectors.joining("\n", "", "\n"));
    }

    /** Only what cannot be taken for anything but text stands without quotes. */
    private static final class Quoting extends StringQuotingChecker {
        private static final long serialVersionUID = 1L;
        private static final Pattern PLAIN = Pattern.compile("[A-Za-z/.][A-Za-z0-9_./-]*( [A-Za-z0-9_(][A-Za-z0-9_./,()-]*)*");

        @Override
        public boolean needToQuoteName(String name) {
            return needToQuoteValue(name);
        }

        @Override
        public boolean needToQuoteValue(String value) {
            return !PLAIN.matcher(value).matches() || isReservedKeyword(value) || looksLikeYAMLNumber(value);
        }
    }
}
