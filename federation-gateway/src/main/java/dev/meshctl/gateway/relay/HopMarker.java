package dev.meshctl.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * What a gateway writes before the relayed bytes when it dials a gateway of another cluster: a PROXY
 * protocol v2 header without addresses and with one TLV of the range for applications. It tells the
 * receiver that the connection has crossed a gateway already, so it must not be relayed to a third
 * cluster: with addresses of a link that are wrong, connections could otherwise go round for ever.
 *
 * <p>The marker only takes rights away, so a forged one does no harm. A hostile peer may leave it out;
 * what it then gains is a path for TLS bytes to a mesh that does not trust it.
 *
 * @see <a href="https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt">PROXY protocol, 2.2</a>
 */
final class HopMarker {
    private static final byte[] SIGNATURE = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
    private static final int HEADER = 16;
    private static final int MAX_BODY = 512;
    private static final int COMMAND_PROXY_V2 = 0x21;
    private static final int TLV_GATEWAY_HOP = 0xe4;
    private static final byte[] MARKER = marker();

    /** What the first bytes of a connection are. */
    enum Reading { INCOMPLETE, ABSENT, FROM_GATEWAY, FROM_LOAD_BALANCER, GARBAGE }

    private HopMarker() {}

    private static byte[] marker() {
        byte[] bytes = new byte[HEADER + 4];
        System.arraycopy(SIGNATURE, 0, bytes, 0, SIGNATURE.length);
        bytes[12] = COMMAND_PROXY_V2;
        bytes[15] = 4;
        bytes[16] = (byte) TLV_GATEWAY_HOP;
        bytes[18] = 1;
        bytes[19] = 1;
        return bytes;
    }

    /** The marker, to be written before anything else. */
    static ByteBuf toBuffer() {
        return Unpooled.wrappedBuffer(MARKER);
    }

    /** Looks at the first bytes, and skips a complete header. A load balancer's own header is skipped too. */
    static Reading skip(ByteBuf bytes) {
        int start = bytes.readerIndex();
        int available = bytes.readableBytes();
        for (int i = 0; i < Math.min(available, SIGNATURE.length); i++) {
            if (bytes.getByte(start + i) != SIGNATURE[i]) {
                return i == 0 ? Reading.ABSENT : Reading.GARBAGE;
            }
        }
        if (available < HEADER) {
            return Reading.INCOMPLETE;
        }
        int length = bytes.getUnsignedShort(start + 14);
        if (bytes.getUnsignedByte(start + 12) >> 4 != 2 || length > MAX_BODY) {
            return Reading.GARBAGE;
        }
        if (available < HEADER + length) {
            return Reading.INCOMPLETE;
        }
        boolean hop = length == 4 && bytes.getUnsignedByte(start + HEADER) == TLV_GATEWAY_HOP;
        bytes.skipBytes(HEADER + length);
        return hop ? Reading.FROM_GATEWAY : Reading.FROM_LOAD_BALANCER;
    }
}
