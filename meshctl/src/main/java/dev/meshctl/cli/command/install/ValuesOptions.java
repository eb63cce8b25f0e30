package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Settings of an installation on Kubernetes; a mixin. */
final class ValuesOptions {
    private static final int MAX_MIB = 1;

    @Option(names = "--profile", paramLabel = "PROFILE", description = "minimal, default or ha (Kubernetes)")
    String profile = "";

    @Option(names = {"-f", "--values"}, paramLabel = "FILE",
            description = "settings in YAML, - for standard input; the later file over the earlier (Kubernetes)")
    List<String> files = new ArrayList<>();

    @Option(names = "--set", paramLabel = "PATH=VALUE", description = "one setting, over those of files (Kubernetes)")
    List<String> settings = new ArrayList<>();

    GivenValues read(Environment environment) {
        List<GivenValues.File> read = new ArrayList<>();
        for (String file : files) {
            read.add(new GivenValues.File(file.equals("-") ? "standard input" : file, text(file, MAX_MIB, environment)));
        }
        return new GivenValues(profile, read, settings);
    }

    /** What is in a file, or comes from standard input if it is "-", of at most so many MiB. */
    static String text(String file, int maxMib, Environment environment) {
        int maxBytes = maxMib << 20;
        try (var in = file.equals("-") ? environment.in()
                : Files.newInputStream(resolved(file, environment))) {
            byte[] bytes = in.readNBytes(maxBytes + 1);
            if (bytes.length > maxBytes) {
                throw CliError.usage("cannot read " + file).because("it is larger than %d MiB".formatted(maxMib));
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw CliError.usage("cannot read " + file).because("there is no such file").next("check the name of the file").from(e);
        } catch (IOException e) {
            throw CliError.usage("cannot read " + file).because(e.toString()).next("check the name of the file").from(e);
        }
    }

    private static Path resolved(String file, Environment environment) {
        return environment.workingDirectory().resolve(file);
    }
}
