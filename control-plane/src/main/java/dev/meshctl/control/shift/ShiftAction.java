package dev.meshctl.control.shift;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a user may do to a shift. */
public enum ShiftAction {
    /** Stay at the weight. */
    PAUSE("paused"),
    /** Go on after a pause, a hold or a failure; the step bakes anew. */
    RESUME("resumed"),
    /** All traffic back to the old version; also after a success. */
    ROLLBACK("rolled back");

    private final String participle;

    ShiftAction(String participle) {
        this.participle = participle;
    }

    String participle() {
        return participle;
    }

    /** Reads {@code pause}, {@code resume} or {@code rollback}. */
    public static Optional<ShiftAction> parse(String word) {
        return Stream.of(values()).filter(action -> action.name().toLowerCase(Locale.ROOT).equals(word)).findFirst();
    }
}
