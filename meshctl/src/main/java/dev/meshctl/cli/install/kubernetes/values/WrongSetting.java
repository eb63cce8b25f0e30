package dev.meshctl.cli.install.kubernetes.values;

/** Settings that are each right do not go together. Thrown by the records; the reader adds where they were given. */
final class WrongSetting extends IllegalArgumentException {
    private final String setting;

    /** @param setting the path from the record that throws, as in {@code limits.memory} */
    WrongSetting(String setting, String message) {
        super(message);
        this.setting = setting;
    }

    String setting() {
        return setting;
    }
}
