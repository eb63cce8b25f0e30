package dev.meshctl.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Fatal TLS alerts, as sent in the clear before a handshake. RFC 8446, section 6. */
enum Alert {
    /** Close without a word: the other side does not speak TLS, or does not deserve the bytes. */
    NONE(-1),
    ACCESS_DENIED(49),
    INTERNAL_ERROR(80),
    UNRECOGNIZED_NAME(112);

    private static final int RECORD_ALERT = 21;
    private static final int LEVEL_FATAL = 2;

    private final int description;

    Alert(int description) {
        this.description = description;
    }

    /** The alert as one TLS record; empty for {@link #NONE}. */
    ByteBuf toRecord() {
        if (this == NONE) {
            return Unpooled.EMPTY_BUFFER;
        }
        return Unpooled.wrappedBuffer(new byte[] {RECORD_ALERT, 3, 3, 0, 2, LEVEL_FATAL, (byte) description});
    }
}
