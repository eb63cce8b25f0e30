package dev.meshctl.cli.command;

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
import picocli.CommandLine.Option;

/** The manifests that {@code -f} names; a mixin. */
public final class ManifestTexts {
    private static final int MAX_FILES = 1000;
    private static final int MAX_BYTES = 64 << 20;

    @Option(names = {"-f", "--filename"}, paramLabel = "FILE",
            description = "file, directory of YAML and JSON, or - for standard input")
    List<String> files = new ArrayList<>();

    @Option(names = {"-R", "--recursive"}, description = "directories with those below them")
    boolean recursive;

    /** True if any file is named. */
    public boolean isGiven() {
        return !files.isEmpty();
    }

    /** @param source as in messages: the file's name, or {@code <stdin>} */
    public record Text(String source, String text) {}

    public List<Text> read(Environment environment) {
        if (files.isEmpty()) {
            throw CliError.usage("no file is named").next("add -f FILE");
        }
        List<Text> texts = new ArrayList<>();
        for (String name : files) {
            if (name.equals("-")) {
                texts.add(new Text("<stdin>", standardInput(environment)));
                continue;
            }
            for (Path file : expand(name, environment.workingDirectory().resolve(name))) {
                texts.add(new Text(environment.workingDirectory().relativize(file).toString(), text(name, file)));
            }
        }
        if (texts.isEmpty()) {
            throw CliError.usage("there are no manifests in " + String.join(", ", files))
                    .because("no file there ends in .yaml, .yml or .json" + (recursive ? "" : "; directories below are not read"))
                    .next(recursive ? "name a file" : "add -R");
        }
        return texts;
    }

    private List<Path> expand(String name, Path path) {
        if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        try (Stream<Path> found = recursive ? Files.walk(path) : Files.list(path)) {
            List<Path> manifests = found.filter(file -> file.toString().matches(".*\\.(ya?ml|json)") && Files.isRegularFile(file))
                    .sorted().limit(MAX_FILES + 1L).toList();
            if (manifests.size() > MAX_FILES) {
                throw CliError.usage("there are more than " + MAX_FILES + " manifests in " + name)
                        .next("name directories of it one by one");
            }
            return manifests;
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static String standardInput(Environment environment) {
        try {
            return new String(environment.in().readNBytes(MAX_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw unreadable("standard input", e);
        }
    }

    private static String text(String name, Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw CliError.failed("cannot read " + name).because("it is larger than " + MAX_BYTES + " bytes");
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw unreadable(name, e);
        }
    }

    private static CliError unreadable(String name, IOException e) {
        return CliError.failed("cannot read " + name)
                .because(FileFailure.reason(e)).from(e);
    }
}
