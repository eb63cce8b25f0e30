package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.FileFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads the files that {@code -f} names: files, directories of YAML and JSON, or {@code -} for standard input. */
final class ManifestFiles {
    private static final int MAX_FILES = 500;

    private final Environment environment;
    private final String namespace;

    ManifestFiles(Environment environment, String namespace) {
        this.environment = environment;
        this.namespace = namespace;
    }

    /** All resources of all files; an error names every problem with file, line and path. */
    List<Resource> read(List<String> names) {
        List<Resource> resources = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (String name : names) {
            for (String file : expand(name)) {
                try {
                    resources.addAll(ResourceParser.parse(file.equals("-") ? "<stdin>" : file, text(file), namespace));
                } catch (InvalidResource e) {
                    problems.add(String.valueOf(e.getMessage()));
                }
            }
        }
        if (!problems.isEmpty()) {
            throw CliError.failed("nothing was changed, the resources are not valid")
                    .because(String.join("\n", problems)).next("correct the file and run it again");
        }
        if (resources.isEmpty()) {
            throw CliError.usage("there are no resources in " + String.join(", ", names));
        }
        return resources;
    }

    private List<String> expand(String name) {
        Path path = environment.workingDirectory().resolve(name);
        if (name.equals("-") || !Files.isDirectory(path)) {
            return List.of(name);
        }
        try (Stream<Path> files = Files.list(path)) {
            return files.filter(file -> file.toString().matches(".*\\.(ya?ml|json)")).sorted().limit(MAX_FILES)
                    .map(Path::toString).toList();
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private String text(String name) {
        try {
            byte[] bytes = name.equals("-") ? environment.in().readNBytes(ResourceParser.MAX_CHARS * 4)
                    : Files.readAllBytes(environment.workingDirectory().resolve(name));
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static CliError unreadable(String name, IOException e) {
        return CliError.failed("cannot read " + name)
                .because(FileFailure.reason(e)).from(e);
    }
}
