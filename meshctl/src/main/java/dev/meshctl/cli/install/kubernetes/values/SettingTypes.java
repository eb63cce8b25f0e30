package dev.meshctl.cli.install.kubernetes.values;

import dev.meshctl.api.resource.Durations;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The types of settings in words, with their bounds. */
final class SettingTypes {
    private SettingTypes() {}

    /** As a noun phrase. */
    static String described(Class<?> type, Setting setting) {
        if (type == boolean.class) {
            return "true or false";
        }
        if (type.isEnum()) {
            return "one of " + String.join(", ", Words.all(type));
        }
        if (type == Duration.class) {
            return "a duration from %s to %s".formatted(seconds(setting.min()), seconds(setting.max()));
        }
        if (type == String.class) {
            return setting.format() == Format.TEXT ? "text" : "text: " + setting.format().described();
        }
        return "a whole number from %d to %d".formatted(setting.min(), setting.max());
    }

    /** As the column of a table. */
    static String column(SettingShape.Part part) {
        if (part.type() == List.class) {
            return "list of " + (part.item().isRecord() ? "groups" : described(part.item(), part.setting()));
        }
        return part.type() == Map.class ? "names with text" : described(part.type(), part.setting());
    }

    private static String seconds(long seconds) {
        return Durations.format(Duration.ofSeconds(seconds));
    }
}
