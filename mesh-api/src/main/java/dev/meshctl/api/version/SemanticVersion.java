package dev.meshctl.api.version;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Major and minor of a version, as of <a href="https://semver.org">semver.org</a>; what comes after them never breaks anything. */
public record SemanticVersion(int major, int minor) {
    /** In characters. As long as the tag of an image may be. */
    public static final int MAX_LENGTH = 128;

    private static final Pattern FORM = Pattern.compile("v?(\\d{1,5})\\.(\\d{1,5})(?:[.\\-+_][0-9A-Za-z.\\-+_]*)?");
    private static final int OTHER_MAJOR = 1_000_000;

    /**
     * Reads a version of anybody. What is read consists of at most {@link #MAX_LENGTH} digits, letters and {@code .-+_}, so
     * that it can be shown as it is.
     *
     * @return empty if it is none
     */
    public static Optional<SemanticVersion> parse(String text) {
        if (text.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        Matcher numbers = FORM.matcher(text);
        return numbers.matches()
                ? Optional.of(new SemanticVersion(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2))))
                : Optional.empty();
    }

    /** Minors from the other to this; beyond any bound if the majors differ. */
    public int ahead(SemanticVersion other) {
        return major == other.major ? minor - other.minor : major > other.major ? OTHER_MAJOR : -OTHER_MAJOR;
    }

    public SemanticVersion next() {
        return new SemanticVersion(major, minor + 1);
    }

    public SemanticVersion previous() {
        return new SemanticVersion(major, Math.max(0, minor - 1));
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
