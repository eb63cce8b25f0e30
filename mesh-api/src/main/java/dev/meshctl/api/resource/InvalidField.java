package dev.meshctl.api.resource;

/**
 * A field of a resource breaks a rule. Thrown by the constructors of this package; the parser adds
 * source, line and full path.
 */
public final class InvalidField extends IllegalArgumentException {
    private final String field;
    private final String expected;
    private final String found;

    InvalidField(String field, String expected, String found) {
        super("%s: expected %s, found %s".formatted(field, expected, found));
        this.field = field;
        this.expected = expected;
        this.found = found;
    }

    /** The path from the record that threw, as in {@code steps[2]}. */
    public String field() {
        return field;
    }

    /** The rule, as a noun phrase. */
    public String expected() {
        return expected;
    }

    /** What stood there. */
    public String found() {
        return found;
    }
}
