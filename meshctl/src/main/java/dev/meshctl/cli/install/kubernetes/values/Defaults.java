package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.cli.install.kubernetes.values.Given.Origin;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The defaults of a profile, as if they had been given. */
final class Defaults {
    private final Profile profile;
    private final Origin origin;

    private Defaults(Profile profile) {
        this.profile = profile;
        this.origin = new Origin("profile " + profile.word(), 0, 0);
    }

    static Given.Mapping of(Profile profile) {
        return new Defaults(profile).group(Values.class);
    }

    /** Of one record alone: an item of a list. */
    static Given.Mapping ofItem(Class<?> type) {
        return new Defaults(Profile.DEFAULT).group(type);
    }

    private Given.Mapping group(Class<?> type) {
        Map<String, Given> entries = new LinkedHashMap<>();
        for (SettingShape.Part part : SettingShape.of(type)) {
            entries.put(part.name(), part.isGroup() ? group(part) : leaf(part));
        }
        return new Given.Mapping(entries, origin);
    }

    private Given group(SettingShape.Part part) {
        Given.Mapping inner = group(part.type());
        String yaml = part.yaml(profile);
        return yaml.isEmpty() ? inner : inner.with((Given.Mapping) read(yaml));
    }

    private Given leaf(SettingShape.Part part) {
        String text = part.yaml(profile);
        return part.type() == List.class || part.type() == Map.class ? read(text)
                : new Given.Scalar(Given.Type.ANY, text, origin);
    }

    private Given read(String yaml) {
        ValueProblems problems = new ValueProblems();
        return GivenYaml.readArgument(origin.source(), yaml, problems)
                .filter(given -> problems.count() == 0)
                .orElseThrow(() -> new IllegalStateException("no YAML: " + yaml));
    }
}
