package dev.meshctl.kubernetes.failure;

import org.jspecify.annotations.Nullable;

/** Text of others made fit for one line. */
final class Words {
    /** Longest text of an API server that is passed on, in characters. */
    static final int MAX_LENGTH = 400;

    private Words() {}

    static String oneLine(@Nullable String text) {
        String line = text == null ? "" : text.strip().replaceAll("\\s+", " ");
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + "…";
    }

    static String orElse(String text, String fallback) {
        return text.isEmpty() ? fallback : text;
    }
}
