package dev.meshctl.cli.install.kubernetes.values;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes all settings down for users, as Markdown. */
public final class ValuesReference {
    private static final String HEAD = """
            # Values of an installation on Kubernetes

            Generated from the code; do not edit. Settings are laid over each other in this order, the later over the
            earlier: the profile, each file of values (YAML, groups nested), each single setting (`path=value`).
            Unknown settings are errors. A setting without a value in a file has its default.

            In a single setting a dot inside a name is written `\\.`, a list `[a,b]`, a map `{a: b}`.

            """;

    private final StringBuilder text = new StringBuilder(HEAD);
    private final Map<Profile, Given.Mapping> defaults = new LinkedHashMap<>();

    private ValuesReference() {
        for (Profile profile : Profile.values()) {
            defaults.put(profile, Defaults.of(profile));
        }
    }

    /** The whole document. */
    public static String markdown() {
        return new ValuesReference().write();
    }

    private String write() {
        text.append("## Profiles\n\n| profile | for |\n| --- | --- |\n");
        Arrays.stream(Profile.values())
                .forEach(profile -> text.append("| %s | %s |\n".formatted(profile.word(), profile.description())));
        text.append("\n## The whole mesh\n\n");
        List<SettingShape.Part> parts = SettingShape.of(Values.class);
        table(parts.stream().filter(part -> !part.isGroup()).toList(), "");
        for (SettingShape.Part part : parts) {
            if (part.isGroup()) {
                text.append("\n## ").append(part.name()).append("\n\n").append(part.setting().doc()).append("\n\n");
                table(SettingShape.of(part.type()), part.name());
            }
        }
        item();
        return text.toString();
    }

    private void table(List<SettingShape.Part> parts, String path) {
        text.append("| setting | type | minimal | default | ha | what for |\n| --- | --- | --- | --- | --- | --- |\n");
        rows(parts, path);
    }

    private void rows(List<SettingShape.Part> parts, String path) {
        for (SettingShape.Part part : parts) {
            String inner = ValuesDecoder.join(path, part.name());
            if (part.isGroup()) {
                rows(SettingShape.of(part.type()), inner);
            } else {
                text.append("| `").append(inner).append("` | ").append(SettingTypes.column(part)).append(" | ")
                        .append(defaults.values().stream().map(all -> shown(all, inner)).collect(Collectors.joining(" | ")))
                        .append(" | ").append(part.setting().doc()).append(" |\n");
            }
        }
    }

    private void item() {
        text.append("\n## An item of scheduling.tolerations\n\n| setting | type | default | what for |\n")
                .append("| --- | --- | --- | --- |\n");
        for (SettingShape.Part part : SettingShape.of(Scheduling.Toleration.class)) {
            text.append("| `%s` | %s | %s | %s |\n".formatted(part.name(), SettingTypes.column(part),
                    code(part.setting().is()), part.setting().doc()));
        }
    }

    private static String shown(Given.Mapping all, String path) {
        @Nullable Given at = all;
        for (String name : path.split("\\.")) {
            at = at instanceof Given.Mapping mapping ? mapping.entries().get(name) : null;
        }
        return switch (at) {
            case Given.Scalar scalar -> code(scalar.text());
            case Given.Sequence sequence when sequence.items().isEmpty() -> "none";
            case Given.Mapping mapping when mapping.entries().isEmpty() -> "none";
            case null, default -> throw new IllegalStateException("no plain default: " + path);
        };
    }

    private static String code(String value) {
        return value.isEmpty() ? "empty" : "`" + value + "`";
    }
}
