package dev.meshctl.gateway.relay;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the server name out of a ClientHello, as bytes arrive, without touching them. A ClientHello may
 * be spread over several TLS records and a record over several reads; each byte is looked at once.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2">RFC 8446, 4.1.2 and 5.1</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6066#section-3">RFC 6066, 3</a>
 */
final class ClientHello {
    /** Largest ClientHello that is read, in bytes, without record headers. */
    static final int MAX_HELLO_BYTES = 16 * 1024;
    /** Largest number of bytes that is kept while reading, record headers included. */
    static final int MAX_BUFFERED_BYTES = MAX_HELLO_BYTES + 1024;

    private static final int RECORD_HEADER = 5;
    private static final int RECORD_HANDSHAKE = 22;
    private static final int MAX_RECORD = 16 * 1024;
    private static final int MESSAGE_HEADER = 4;
    private static final int CLIENT_HELLO = 1;
    private static final int EXTENSION_SERVER_NAME = 0;
    private static final int NAME_TYPE_HOST = 0;
    private static final int MAX_NAME_BYTES = 255;

    /** What is known so far. */
    sealed interface Reading {
        /** More bytes are needed. */
        record Incomplete() implements Reading {}

        /** The ClientHello is complete. @param serverName lower case; empty if it names none */
        record Complete(String serverName) implements Reading {}

        /** This is not a ClientHello, or not one that is accepted. */
        record Garbage(String reason) implements Reading {}
    }

    private static final Reading INCOMPLETE = new Reading.Incomplete();

    private byte[] message = new byte[512];
    private int messageLength;
    private int consumed;

    /**
     * Reads on.
     *
     * @param bytes all bytes since the connection's first TLS record, those of earlier calls included;
     *     its reader index stays
     */
    Reading read(ByteBuf bytes) {
        int start = bytes.readerIndex();
        int available = bytes.readableBytes();
        if (available > MAX_BUFFERED_BYTES) {
            return new Reading.Garbage("the ClientHello is larger than " + MAX_HELLO_BYTES + " bytes");
        }
        while (consumed < available) {
            if (bytes.getUnsignedByte(start + consumed) != RECORD_HANDSHAKE) {
                return new Reading.Garbage("not a TLS handshake record");
            }
            if (available - consumed < RECORD_HEADER) {
                return INCOMPLETE;
            }
            int length = bytes.getUnsignedShort(start + consumed + 3);
            if (bytes.getUnsignedByte(start + consumed + 1) != 3 || length == 0 || length > MAX_RECORD) {
                return new Reading.Garbage("not a valid TLS record header");
            }
            if (available - consumed - RECORD_HEADER < length) {
                return INCOMPLETE;
            }
            append(bytes, start + consumed + RECORD_HEADER, length);
            consumed += RECORD_HEADER + length;
            Reading reading = parse();
            if (reading != INCOMPLETE) {
                return reading;
            }
        }
        return INCOMPLETE;
    }

    private void append(ByteBuf bytes, int from, int length) {
        if (messageLength + length > message.length) {
            message = Arrays.copyOf(message, Math.max(message.length * 2, messageLength + length));
        }
        bytes.getBytes(from, message, messageLength, length);
        messageLength += length;
    }

    private Reading parse() {
        if (message[0] != CLIENT_HELLO) {
            return new Reading.Garbage("the first handshake message is not a ClientHello");
        }
        if (messageLength < MESSAGE_HEADER) {
            return INCOMPLETE;
        }
        int length = (message[1] & 0xff) << 16 | (message[2] & 0xff) << 8 | message[3] & 0xff;
        if (length > MAX_HELLO_BYTES) {
            return new Reading.Garbage("the ClientHello is larger than " + MAX_HELLO_BYTES + " bytes");
        }
        if (messageLength < MESSAGE_HEADER + length) {
            return INCOMPLETE;
        }
        try {
            return new Reading.Complete(serverName(new Cursor(message, MESSAGE_HEADER, MESSAGE_HEADER + length)));
        } catch (MalformedException e) {
            return new Reading.Garbage(e.getMessage());
        }
    }

    private static String serverName(Cursor hello) throws MalformedException {
        hello.skip(2 + 32, "version and random");
        hello.skip(hello.u8("session id length"), "session id");
        hello.skip(hello.u16("cipher suites length"), "cipher suites");
        hello.skip(hello.u8("compression methods length"), "compression methods");
        if (hello.atEnd()) {
            return "";
        }
        Cursor extensions = hello.sub(hello.u16("extensions length"), "extensions");
        String name = "";
        while (!extensions.atEnd()) {
            int type = extensions.u16("extension type");
            Cursor body = extensions.sub(extensions.u16("extension length"), "extension");
            if (type == EXTENSION_SERVER_NAME) {
                if (!name.isEmpty()) {
                    throw new MalformedException("two server_name extensions");
                }
                name = host(body);
            }
        }
        return name;
    }

    private static String host(Cursor extension) throws MalformedException {
        Cursor names = extension.sub(extension.u16("server name list length"), "server name list");
        while (!names.atEnd()) {
            int type = names.u8("server name type");
            int length = names.u16("server name length");
            if (type == NAME_TYPE_HOST) {
                if (length == 0 || length > MAX_NAME_BYTES) {
                    throw new MalformedException("server name of " + length + " bytes");
                }
                return names.ascii(length).toLowerCase(Locale.ROOT);
            }
            names.skip(length, "server name");
        }
        return "";
    }

    /** A bounded window of the message. */
    private static final class Cursor {
        private final byte[] bytes;
        private final int end;
        private int at;

        Cursor(byte[] bytes, int from, int end) {
            this.bytes = bytes;
            this.at = from;
            this.end = end;
        }

        boolean atEnd() {
            return at == end;
        }

        int u8(String what) throws MalformedException {
            need(1, what);
            return bytes[at++] & 0xff;
        }

        int u16(String what) throws MalformedException {
            need(2, what);
            int value = (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
            at += 2;
            return value;
        }

        void skip(int count, String what) throws MalformedException {
            need(count, what);
            at += count;
        }

        Cursor sub(int count, String what) throws MalformedException {
            need(count, what);
            Cursor sub = new Cursor(bytes, at, at + count);
            at += count;
            return sub;
        }

        String ascii(int count) throws MalformedException {
            need(count, "server name");
            for (int i = at; i < at + count; i++) {
                if (bytes[i] <= ' ' || bytes[i] == 0x7f) {
                    throw new MalformedException("server name with characters that no host name has");
                }
            }
            String text = new String(bytes, at, count, StandardCharsets.US_ASCII);
            at += count;
            return text;
        }

        private void need(int count, String what) throws MalformedException {
            if (end - at < count) {
                throw new MalformedException("the ClientHello ends inside its " + what);
            }
        }
    }

    private static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedException(String message) {
            super(message, null, false, false);
        }

        @Override
        public String getMessage() {
            return String.valueOf(super.getMessage());
        }
    }
}
