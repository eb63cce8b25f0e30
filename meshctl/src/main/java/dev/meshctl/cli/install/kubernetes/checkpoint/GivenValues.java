package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.values.InvalidValues;
import dev.meshctl.cli.install.kubernetes.values.Profile;
import dev.meshctl.cli.install.kubernetes.values.Values;
import dev.meshctl.cli.install.kubernetes.values.ValuesReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Settings as a user gave them, so that a later version reads them with its own defaults.
 *
 * @param profile its word; empty: none was named
 * @param files in their order
 * @param settings {@code path=value}, in their order
 */
public record GivenValues(String profile, List<File> files, List<String> settings) {
    /** Nothing was given. */
    public static final GivenValues NONE = new GivenValues("", List.of(), List.of());

    private static final int MAX_FILES = 32;
    private static final int MAX_SETTINGS = 256;

    /** @param text YAML */
    public record File(String name, String text) {}

    public GivenValues {
        files = List.copyOf(files);
        settings = List.copyOf(settings);
        if (files.size() > MAX_FILES || settings.size() > MAX_SETTINGS) {
            throw CliError.usage("more than %d files of values, or more than %d settings".formatted(MAX_FILES, MAX_SETTINGS))
                    .next("put the settings into one file");
        }
    }

    public boolean isEmpty() {
        return equals(NONE);
    }

    /** These, with others laid over them. */
    public GivenValues with(GivenValues over) {
        List<File> allFiles = new ArrayList<>(files);
        over.files.stream().filter(file -> !files.contains(file)).forEach(allFiles::add);
        List<String> allSettings = new ArrayList<>(settings);
        allSettings.removeAll(over.settings);
        allSettings.addAll(over.settings);
        return new GivenValues(over.profile.isEmpty() ? profile : over.profile, allFiles, allSettings);
    }

    /** These, with single settings laid over them. */
    public GivenValues with(String... over) {
        return with(new GivenValues("", List.of(), List.of(over)));
    }

    /**
     * All settings.
     *
     * @throws CliError that names everything that is wrong, and where it was given
     */
    public Values read() {
        ValuesReader reader = new ValuesReader(known(profile));
        files.forEach(file -> reader.file(file.name(), file.text()));
        settings.forEach(reader::set);
        try {
            return reader.read();
        } catch (InvalidValues e) {
            throw CliError.usage("the values are not valid").because(String.valueOf(e.getMessage())).from(e);
        }
    }

    private static Profile known(String word) {
        return word.isEmpty() ? Profile.DEFAULT : Profile.find(word).orElseThrow(() ->
                CliError.usage("there is no profile \"" + word + "\"").next("use minimal, default or ha"));
    }
}
