package dev.meshctl.cli.testing.pipeline;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** YAML in a document of Markdown. */
public final class DocumentedYaml {
    private static final String FENCE = "```";

    private DocumentedYaml() {}

    /** The first block of YAML under a heading. */
    public static JsonNode under(Path document, String heading) throws IOException {
        String text = Files.readString(document);
        int section = text.indexOf("\n## " + heading + "\n");
        int begin = text.indexOf("\n" + FENCE + "yaml\n", section);
        if (section < 0 || begin < 0) {
            throw new AssertionError("no YAML under \"" + heading + "\" in " + document);
        }
        int first = text.indexOf('\n', begin + 1) + 1;
        return YAMLMapper.shared().readTree(text.substring(first, text.indexOf("\n" + FENCE, first)));
    }
}
