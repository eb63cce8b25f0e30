package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.ParsedResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.command.ManifestTexts;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The resources of the files that {@code -f} names. */
record ManifestFiles(List<ParsedResource> parsed) {
    /** As the control plane writes paths, and API servers: {@code metadata.labels[a/b]}, {@code ports[name="http"]}. */
    private static final Pattern FIELD = Pattern.compile("[\\w.\\[\\]/=\",-]+");

    /** All resources of all files; an error names every problem with file, line and path. */
    static ManifestFiles of(List<ManifestTexts.Text> texts, String namespace) {
        List<ParsedResource> parsed = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (ManifestTexts.Text text : texts) {
            try {
                parsed.addAll(ResourceParser.parsed(text.source(), text.text(), namespace));
            } catch (InvalidResource e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw CliError.failed("nothing was changed, the resources are not valid")
                    .because(String.join("\n", problems)).next("correct the file and run it again");
        }
        if (parsed.isEmpty()) {
            throw CliError.usage("there are no resources in "
                    + texts.stream().map(ManifestTexts.Text::source).collect(Collectors.joining(", ")));
        }
        return new ManifestFiles(List.copyOf(parsed));
    }

    List<Resource> resources() {
        return parsed.stream().map(ParsedResource::resource).toList();
    }

    /**
     * What a control plane says of resources, with where they stand in the files in place of their names: of each line
     * {@code HTTPRoute shop/payments: spec.rules[0]: …} it becomes {@code routes.yaml:12:5: spec.rules[0]: …}.
     */
    String located(String reasons) {
        return reasons.lines().map(this::locatedLine).collect(Collectors.joining("\n"));
    }

    private String locatedLine(String reason) {
        for (ParsedResource each : parsed) {
            String name = each.resource().key() + ": ";
            if (reason.startsWith(name)) {
                String rest = reason.substring(name.length());
                int end = rest.indexOf(": ");
                String path = end < 0 ? "" : rest.substring(0, end);
                return FIELD.matcher(path).matches() ? each.at(path) + ": " + rest
                        : each.at("") + ": " + reason;
            }
        }
        return reason;
    }
}
