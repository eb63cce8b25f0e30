package dev.meshctl.api.name;

/** The syntax of RFC 1123 labels, which all names of the mesh are made of. */
public final class DnsLabel {
    private static final int MAX_LENGTH = 63;

    private DnsLabel() {}

    /** True for 1 to 63 lower-case letters, digits and inner hyphens. */
    public static boolean isValid(String text) {
        int length = text.length();
        if (length == 0 || length > MAX_LENGTH || text.charAt(0) == '-' || text.charAt(length - 1) == '-') {
            return false;
        }
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the text unchanged.
     *
     * @param what what the text names, for the message
     * @throws IllegalArgumentException if the text is not an RFC 1123 label; the message names the rule
     */
    public static String require(String text, String what) {
        if (!isValid(text)) {
            throw new IllegalArgumentException("%s \"%s\" must be 1 to 63 lower-case letters, digits or inner hyphens"
                    .formatted(what, text));
        }
        return text;
    }
}
