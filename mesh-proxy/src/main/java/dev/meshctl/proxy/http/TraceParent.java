package dev.meshctl.proxy.http;

import java.util.HexFormat;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A trace's name as requests carry it: {@code version-traceid-parentid-flags}, in lower-case hex digits.
 *
 * @param traceId 32 digits, not all zero
 * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">W3C Trace Context, traceparent</a>
 */
record TraceParent(String traceId, String text) {
    private static final int TRACE_AT = 3;
    private static final int PARENT_AT = 36;
    private static final int FLAGS_AT = 53;
    private static final int LENGTH = 55;
    private static final int MAX_LENGTH = 512;

    /** The trace id of a valid header; null if it is not valid. A later version may append {@code -} and more. */
    static @Nullable String traceId(String header) {
        int length = header.length();
        boolean framed = length >= LENGTH && length <= MAX_LENGTH
                && (length == LENGTH || header.charAt(LENGTH) == '-')
                && header.charAt(TRACE_AT - 1) == '-' && header.charAt(PARENT_AT - 1) == '-'
                && header.charAt(FLAGS_AT - 1) == '-';
        boolean valid = framed && isHex(header, 0, TRACE_AT - 1) && isHex(header, TRACE_AT, PARENT_AT - 1)
                && isHex(header, PARENT_AT, FLAGS_AT - 1) && isHex(header, FLAGS_AT, LENGTH)
                && !isZero(header, TRACE_AT, PARENT_AT - 1) && !isZero(header, PARENT_AT, FLAGS_AT - 1);
        return valid ? header.substring(TRACE_AT, PARENT_AT - 1) : null;
    }

    /** A new trace, sampled. */
    static TraceParent make(RandomGenerator random) {
        HexFormat hex = HexFormat.of();
        String trace = hex.toHexDigits(random.nextLong() | 1) + hex.toHexDigits(random.nextLong());
        return new TraceParent(trace, "00-" + trace + "-" + hex.toHexDigits(random.nextLong() | 1) + "-01");
    }

    private static boolean isHex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    private static boolean isZero(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }
}
