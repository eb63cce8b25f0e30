package dev.meshctl.proxy.route;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/** A text that is compared whole, or a regular expression that must match the whole value. */
final class TextPattern {
    /** Characters that one match may look at: what keeps a backtracking expression from stopping a proxy. */
    private static final int MAX_STEPS = 200_000;

    private final String text;
    private final @Nullable Pattern regex;

    private TextPattern(String text, @Nullable Pattern regex) {
        this.text = text;
        this.regex = regex;
    }

    static TextPattern exact(String text) {
        return new TextPattern(text, null);
    }

    static TextPattern regex(String expression) throws InvalidConfig {
        try {
            return new TextPattern(expression, Pattern.compile(expression));
        } catch (PatternSyntaxException e) {
            throw new InvalidConfig("\"" + expression + "\" is not a regular expression: " + e.getDescription()
                    + " near index " + e.getIndex());
        }
    }

    /** False also for a value that takes the expression more than the allowed number of steps. */
    boolean matches(String value) {
        if (regex == null) {
            return text.equals(value);
        }
        try {
            return regex.matcher(new Stepped(value, new int[] {MAX_STEPS})).matches();
        } catch (StepsExceeded | StackOverflowError e) {
            return false;
        }
    }

    private static final class StepsExceeded extends RuntimeException {
        private static final long serialVersionUID = 1L;

        StepsExceeded() {
            super("too many steps", null, false, false);
        }
    }

    private record Stepped(CharSequence value, int[] left) implements CharSequence {
        @Override
        public char charAt(int index) {
            if (--left[0] < 0) {
                throw new StepsExceeded();
            }
            return value.charAt(index);
        }

        @Override
        public int length() {
            return value.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Stepped(value.subSequence(start, end), left);
        }

        @Override
        public String toString() {
            return value.toString();
        }
    }
}
