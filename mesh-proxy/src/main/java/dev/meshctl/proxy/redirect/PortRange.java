package dev.meshctl.proxy.redirect;

/** Ports from one to another, both included; as in {@code 3306} or {@code 9000-9010}. */
record PortRange(int first, int last) {
    PortRange {
        if (first < 1 || last > 65535 || first > last) {
            throw new IllegalArgumentException("ports must be 1 to 65535, the lower one first: " + first + "-" + last);
        }
    }

    /**
     * Reads a port or a range.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static PortRange parse(String text) {
        int dash = text.indexOf('-');
        int first = number(text, dash < 0 ? text : text.substring(0, dash));
        return new PortRange(first, dash < 0 ? first : number(text, text.substring(dash + 1)));
    }

    private static int number(String text, String digits) {
        if (digits.isEmpty() || digits.length() > 5 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("\"" + text + "\" is no port and no range of ports");
        }
        return Integer.parseInt(digits);
    }

    /** With another sign between the two; one port is one number. */
    String text(char between) {
        return first == last ? String.valueOf(first) : "" + first + between + last;
    }

    @Override
    public String toString() {
        return text('-');
    }
}
