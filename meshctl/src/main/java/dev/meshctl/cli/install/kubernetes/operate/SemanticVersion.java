package dev.meshctl.cli.install.kubernetes.operate;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Major and minor of a version; what comes after them never breaks anything. */
record SemanticVersion(int major, int minor) {
    private static final Pattern FORM = Pattern.compile("v?(\\d{1,5})\\.(\\d{1,5})(?:[.\\-+_].*)?");

    static Optional<SemanticVersion> parse(String text) {
        Matcher numbers = FORM.matcher(text);
        return numbers.matches()
                ? Optional.of(new SemanticVersion(Integer.parseInt(numbers.group(1)), Integer.parseInt(numbers.group(2))))
                : Optional.empty();
    }

    private static final int OTHER_MAJOR = 1000;

    /** Minors from the other to this; beyond any bound if the majors differ. */
    int ahead(SemanticVersion other) {
        return major == other.major ? minor - other.minor : major > other.major ? OTHER_MAJOR : -OTHER_MAJOR;
    }

    SemanticVersion next() {
        return new SemanticVersion(major, minor + 1);
    }

    SemanticVersion previous() {
        return new SemanticVersion(major, Math.max(0, minor - 1));
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
