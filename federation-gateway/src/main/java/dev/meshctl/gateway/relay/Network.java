package dev.meshctl.gateway.relay;

import io.netty.util.NetUtil;
import java.net.InetAddress;

/**
 * An IP network in CIDR form.
 *
 * @param address any address of the network
 * @param prefix leading bits that count
 */
public record Network(InetAddress address, int prefix) {
    public Network {
        if (prefix < 0 || prefix > address.getAddress().length * 8) {
            throw new IllegalArgumentException("/" + prefix + " is no prefix of " + address.getHostAddress());
        }
    }

    /**
     * Parses {@code 127.2.0.0/16}; without a prefix, one address.
     *
     * @throws IllegalArgumentException if the text has another form
     */
    public static Network parse(String text) {
        int slash = text.indexOf('/');
        InetAddress address =
                NetUtil.createInetAddressFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new IllegalArgumentException("\"" + text + "\" is not a network; write it as in 10.1.0.0/16");
        }
        try {
            return new Network(address, slash < 0
                    ? address.getAddress().length * 8 : Integer.parseInt(text.substring(slash + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("\"" + text + "\" has no number after the slash", e);
        }
    }

    boolean contains(InetAddress candidate) {
        byte[] mine = address.getAddress();
        byte[] other = candidate.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < prefix; bit++) {
            int mask = 0x80 >> (bit & 7);
            if ((mine[bit >> 3] & mask) != (other[bit >> 3] & mask)) {
                return false;
            }
        }
        return true;
    }
}
