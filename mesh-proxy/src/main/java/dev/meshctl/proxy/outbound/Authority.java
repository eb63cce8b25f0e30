package dev.meshctl.proxy.outbound;

import java.util.Optional;
import java.util.OptionalInt;

/** A host with or without port, as a client names it. */
record Authority(String host, OptionalInt port) {
    private static final int MAX_LENGTH = 512;

    /** Reads {@code host}, {@code host:port}, {@code [v6]} or {@code [v6]:port}; empty if it is none of these. */
    static Optional<Authority> parse(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH || text.indexOf('@') >= 0) {
            return Optional.empty();
        }
        boolean bracketed = text.startsWith("[");
        int end = bracketed ? text.indexOf(']') : text.lastIndexOf(':');
        if (bracketed) {
            return end < 0 ? Optional.empty() : withPort(text.substring(1, end), text.substring(end + 1));
        }
        if (text.indexOf(':') != end) {
            return Optional.empty(); // IPv6 without brackets
        }
        return end < 0 ? withPort(text, "") : withPort(text.substring(0, end), text.substring(end));
    }

    private static Optional<Authority> withPort(String host, String rest) {
        if (!valid(host)) {
            return Optional.empty();
        }
        if (rest.isEmpty()) {
            return Optional.of(new Authority(host, OptionalInt.empty()));
        }
        String digits = rest.substring(1);
        if (!rest.startsWith(":") || digits.isEmpty() || digits.length() > 5
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int port = Integer.parseInt(digits);
        return port >= 1 && port <= 65535
                ? Optional.of(new Authority(host, OptionalInt.of(port))) : Optional.empty();
    }

    private static boolean valid(String host) {
        return !host.isEmpty() && host.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/' && c != '\\' && c != '?'
                && c != '#' && c != '%');
    }

    @Override
    public String toString() {
        return port.isPresent() ? host + ":" + port.getAsInt() : host;
    }
}
