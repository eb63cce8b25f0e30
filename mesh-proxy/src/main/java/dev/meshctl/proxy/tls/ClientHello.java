package dev.meshctl.proxy.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Reads the server name out of the first bytes of a TLS connection, without ending it.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2">RFC 8446, 4.1.2</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6066#section-3">RFC 6066, 3</a>
 */
public final class ClientHello {
    /** A larger hello is refused. */
    public static final int MAX_BYTES = 16 * 1024;

    private static final int RECORD_HEADER = 5;
    private static final int HANDSHAKE_HEADER = 4;
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;

    private ClientHello() {}

    /** What the bytes so far say. */
    public sealed interface Peek {
        /** More bytes are needed. */
        record Incomplete() implements Peek {}

        /** These bytes never become a ClientHello. */
        record NotTls(String why) implements Peek {}

        /**
         * A whole ClientHello.
         *
         * @param serverName in lower case; empty if it names none
         */
        record Hello(String serverName) implements Peek {}
    }

    private static final Peek INCOMPLETE = new Peek.Incomplete();

    /** Looks at the readable bytes; moves no index. */
    public static Peek peek(ByteBuf in) {
        ByteBuf message = Unpooled.buffer(512, MAX_BYTES + HANDSHAKE_HEADER);
        try {
            return peek(in, message);
        } catch (IndexOutOfBoundsException e) {
            return new Peek.NotTls("the ClientHello is malformed");
        } finally {
            message.release();
        }
    }

    // A ClientHello may be spread over several records; their payloads are put together first.
    private static Peek peek(ByteBuf in, ByteBuf message) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (true) {
            if (end > at && in.getUnsignedByte(at) != HANDSHAKE_RECORD) {
                return new Peek.NotTls("the first bytes are no TLS handshake");
            }
            if (end - at >= 2 && in.getUnsignedByte(at + 1) != 3) {
                return new Peek.NotTls("the record has an unknown version");
            }
            if (end - at < RECORD_HEADER) {
                return INCOMPLETE;
            }
            int length = in.getUnsignedShort(at + 3);
            if (length == 0 || length > MAX_BYTES || message.readableBytes() + length > MAX_BYTES) {
                return new Peek.NotTls("the ClientHello is larger than " + MAX_BYTES + " bytes");
            }
            int there = Math.min(length, end - at - RECORD_HEADER);
            message.writeBytes(in, at + RECORD_HEADER, there);
            if (message.readableBytes() >= HANDSHAKE_HEADER) {
                if (message.getUnsignedByte(0) != CLIENT_HELLO) {
                    return new Peek.NotTls("the first message is no ClientHello");
                }
                int whole = HANDSHAKE_HEADER + message.getUnsignedMedium(1);
                if (whole > MAX_BYTES) {
                    return new Peek.NotTls("the ClientHello is larger than " + MAX_BYTES + " bytes");
                }
                if (message.readableBytes() >= whole) {
                    return new Peek.Hello(serverName(message.slice(HANDSHAKE_HEADER, whole - HANDSHAKE_HEADER)));
                }
            }
            if (there < length) {
                return INCOMPLETE;
            }
            at += RECORD_HEADER + length;
        }
    }

    private static String serverName(ByteBuf hello) {
        hello.skipBytes(2 + 32); // version, random
        hello.skipBytes(hello.readUnsignedByte()); // session id
        hello.skipBytes(hello.readUnsignedShort()); // cipher suites
        hello.skipBytes(hello.readUnsignedByte()); // compression methods
        if (!hello.isReadable()) {
            return "";
        }
        ByteBuf extensions = hello.readSlice(hello.readUnsignedShort());
        while (extensions.isReadable()) {
            int type = extensions.readUnsignedShort();
            ByteBuf body = extensions.readSlice(extensions.readUnsignedShort());
            if (type == SERVER_NAME) {
                return hostName(body);
            }
        }
        return "";
    }

    private static String hostName(ByteBuf extension) {
        ByteBuf list = extension.readSlice(extension.readUnsignedShort());
        while (list.isReadable()) {
            int type = list.readUnsignedByte();
            ByteBuf name = list.readSlice(list.readUnsignedShort());
            if (type == 0) {
                return name.toString(StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
            }
        }
        return "";
    }
}
