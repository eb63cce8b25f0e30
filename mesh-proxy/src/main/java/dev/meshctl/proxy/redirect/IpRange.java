package dev.meshctl.proxy.redirect;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Addresses with a common prefix, as in {@code 10.0.0.0/8} or {@code fd00::/8} (RFC 4632, RFC 4291).
 *
 * @param text the canonical form, with the bits after the prefix cleared
 */
record IpRange(String text, boolean ipv6) {
    /**
     * Reads an address or a range.
     *
     * @throws IllegalArgumentException if it is neither
     */
    static IpRange parse(String text) {
        int slash = text.indexOf('/');
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (bytes == null || text.indexOf('%') >= 0) {
            throw new IllegalArgumentException("\"" + text + "\" is no IP address and no CIDR");
        }
        int bits = bytes.length * 8;
        int prefix = slash < 0 ? bits : prefix(text, text.substring(slash + 1), bits);
        for (int bit = prefix; bit < bits; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        return new IpRange(canonical(bytes) + "/" + prefix, bytes.length == 16);
    }

    private static int prefix(String text, String digits, int bits) {
        boolean number = !digits.isEmpty() && digits.length() <= 3 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!number || Integer.parseInt(digits) > bits) {
            throw new IllegalArgumentException("the prefix of \"" + text + "\" must be 0 to " + bits);
        }
        return Integer.parseInt(digits);
    }

    private static String canonical(byte[] bytes) {
        try {
            return NetUtil.toAddressString(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
