package dev.meshctl.proxy.detect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Tells HTTP/1 and HTTP/2 by their first bytes; looks at no more than {@link #MAX_BYTES}. */
public final class ProtocolDetector {
    /** Enough for the longest method and the space after it, and for the HTTP/2 preface. */
    public static final int MAX_BYTES = 24;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private ProtocolDetector() {}

    /** Looks at the readable bytes; moves no index. Null: more bytes are needed. */
    public static @Nullable Detected detect(ByteBuf in) {
        int readable = in.readableBytes();
        if (readable == 0) {
            return null;
        }
        int same = commonPrefix(in, Math.min(readable, PREFACE.length));
        if (same == PREFACE.length) {
            return Detected.HTTP2;
        }
        // "PRI " alone could still be a method; no client sends it.
        return same == readable ? null : method(in, Math.min(readable, MAX_BYTES));
    }

    private static int commonPrefix(ByteBuf in, int length) {
        for (int i = 0; i < length; i++) {
            if (in.getByte(in.readerIndex() + i) != PREFACE[i]) {
                return i;
            }
        }
        return length;
    }

    // Methods are tokens by RFC 9110; the registered ones, and nearly all others, are upper-case letters and hyphens.
    private static @Nullable Detected method(ByteBuf in, int length) {
        for (int i = 0; i < length; i++) {
            byte b = in.getByte(in.readerIndex() + i);
            if (b == ' ') {
                return i >= 3 && target(in, i + 1) ? Detected.HTTP1 : i >= 3 && in.readableBytes() == i + 1 ? null : Detected.OPAQUE;
            }
            if ((b < 'A' || b > 'Z') && b != '-') {
                return Detected.OPAQUE;
            }
        }
        return length == MAX_BYTES ? Detected.OPAQUE : null;
    }

    private static boolean target(ByteBuf in, int at) {
        if (at >= in.readableBytes()) {
            return false;
        }
        byte b = in.getByte(in.readerIndex() + at);
        return b > ' ' && b < 0x7f;
    }
}
