package dev.meshctl.control.snapshot;

/** What names one resource of a snapshot. */
public record ConfigKey(ConfigType type, String name) {
    @Override
    public String toString() {
        return type.label() + " " + name;
    }
}
