package dev.meshctl.cli.install.kubernetes.values;

import java.util.Locale;
import java.util.Optional;

/** A set of defaults. */
public enum Profile {
    /** One of each, small, no LoadBalancer: a laptop, a CI job. */
    MINIMAL("one small replica of each part, for laptops and CI"),
    /** For most clusters. */
    DEFAULT("for most clusters"),
    /** Survives the loss of a zone. */
    HA("several replicas of each part, spread over zones and nodes");

    private final String description;

    Profile(String description) {
        this.description = description;
    }

    /** As users type it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What it is for, as half a sentence. */
    public String description() {
        return description;
    }

    /** The profile that a user typed. */
    public static Optional<Profile> find(String word) {
        for (Profile profile : values()) {
            if (profile.word().equals(word)) {
                return Optional.of(profile);
            }
        }
        return Optional.empty();
    }
}
