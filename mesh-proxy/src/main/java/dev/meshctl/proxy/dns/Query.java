package dev.meshctl.proxy.dns;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The question of a DNS query (RFC 1035, 4.1).
 *
 * @param message the whole of it, as it came
 * @param name without the last dot, in lower case; bytes that no host name has are question marks
 * @param questionEnd index of the first byte after the question
 * @param edns the client knows extensions (RFC 6891), so an answer has to show that they were understood
 */
@SuppressWarnings("ArrayRecordComponent")
record Query(byte[] message, String name, int type, int dnsClass, int questionEnd, boolean edns) {
    static final int HEADER = 12;
    static final int A = 1;
    static final int AAAA = 28;
    static final int OPT = 41;
    static final int INTERNET = 1;

    private static final int MAX_NAME = 255;
    private static final int MAX_LABEL = 63;

    /** What came. */
    sealed interface Read {
        record Of(Query query) implements Read {}

        /** To be answered with an error; there is a header at least. */
        record Refused(int code, String cause) implements Read {}

        /** Not to be answered at all: too short, or an answer itself. */
        record Ignored(String cause) implements Read {}
    }

    /** Reads a message; never throws, whatever the bytes are. */
    static Read read(byte[] message) {
        if (message.length < HEADER) {
            return new Read.Ignored("dns_malformed");
        }
        if ((message[2] & 0x80) != 0) {
            return new Read.Ignored("dns_not_a_query");
        }
        if ((message[2] & 0x78) != 0) {
            return new Read.Refused(Answers.NOT_IMPLEMENTED, "dns_not_implemented");
        }
        if (number(message, 4) != 1 || number(message, 6) != 0) {
            return new Read.Refused(Answers.FORMAT_ERROR, "dns_malformed");
        }
        return question(message);
    }

    private static Read question(byte[] message) {
        StringBuilder name = new StringBuilder();
        int at = HEADER;
        while (at < message.length && message[at] != 0) {
            int length = message[at] & 0xff;
            // Above 63 are pointers, which have nothing to point back to here.
            if (length > MAX_LABEL || at + 1 + length >= message.length || at + 1 + length - HEADER >= MAX_NAME) {
                return new Read.Refused(Answers.FORMAT_ERROR, "dns_malformed");
            }
            name.append(name.isEmpty() ? "" : ".").append(label(message, at + 1, length));
            at += 1 + length;
        }
        int end = at + 5;
        if (end > message.length) {
            return new Read.Refused(Answers.FORMAT_ERROR, "dns_malformed");
        }
        return new Read.Of(new Query(message, name.toString().toLowerCase(Locale.ROOT), number(message, at + 1),
                number(message, at + 3), end, hasOpt(message, end)));
    }

    // A label may hold any byte. What could be taken for something else, as a dot, must not be.
    private static String label(byte[] message, int from, int length) {
        char[] text = new String(message, from, length, StandardCharsets.ISO_8859_1).toCharArray();
        for (int i = 0; i < text.length; i++) {
            char c = text[i];
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            text[i] = plain ? c : '?';
        }
        return new String(text);
    }

    /** As all clients send it: the only record there is, with the root for its name. */
    private static boolean hasOpt(byte[] message, int at) {
        return number(message, 8) == 0 && number(message, 10) >= 1 && at + 11 <= message.length
                && message[at] == 0 && number(message, at + 1) == OPT;
    }

    static int number(byte[] message, int at) {
        return (message[at] & 0xff) << 8 | (message[at + 1] & 0xff);
    }

    int id() {
        return number(message, 0);
    }

    /** True if another message has the same id and the same question, in whatever case. */
    boolean answeredBy(byte[] answer) {
        if (answer.length < questionEnd || (answer[2] & 0x80) == 0 || number(answer, 0) != id() || number(answer, 4) != 1) {
            return false;
        }
        for (int i = HEADER; i < questionEnd; i++) {
            if (lower(answer[i]) != lower(message[i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }
}
