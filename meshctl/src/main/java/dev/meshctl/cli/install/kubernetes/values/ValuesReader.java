package dev.meshctl.cli.install.kubernetes.values;

import java.util.ArrayList;
import java.util.List;

/** Lays a profile, files of values and single settings over each other, the later over the earlier. */
public final class ValuesReader {
    private final Profile profile;
    private final List<Source> files = new ArrayList<>();
    private final List<String> settings = new ArrayList<>();

    private record Source(String name, String text) {}

    public ValuesReader(Profile profile) {
        this.profile = profile;
    }

    /**
     * Adds a file of values.
     *
     * @param name for messages
     * @param text YAML, at most 256 Ki characters
     */
    public ValuesReader file(String name, String text) {
        files.add(new Source(name, text));
        return this;
    }

    /** Adds one setting, {@code path.to.setting=value}; it goes over every file. */
    public ValuesReader set(String argument) {
        settings.add(argument);
        return this;
    }

    /**
     * The settings.
     *
     * @throws InvalidValues if anything at all is wrong: an unknown setting, a wrong type, a broken bound; all of it
     *     is told at once, each with where it was given and its path
     */
    public Values read() throws InvalidValues {
        ValueProblems problems = new ValueProblems();
        Given.Mapping all = Defaults.of(profile);
        for (Source file : files) {
            Given given = GivenYaml.read(file.name, file.text, problems).orElse(null);
            if (given instanceof Given.Mapping mapping) {
                all = all.with(mapping);
            } else if (given != null) {
                problems.add(given.origin(), "", "expected settings by name, found " + given.described(), "");
            }
        }
        for (String argument : settings) {
            all = SetArgument.read(argument, problems).map(all::with).orElse(all);
        }
        Object values = new ValuesDecoder(problems).record(Values.class, all, "");
        problems.throwIfAny();
        if (values instanceof Values valid) {
            return valid;
        }
        throw new IllegalStateException("neither values nor a problem, profile " + profile.word());
    }
}
