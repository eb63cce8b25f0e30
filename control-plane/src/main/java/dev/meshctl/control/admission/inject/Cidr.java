package dev.meshctl.control.admission.inject;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** Address ranges as annotations write them: {@code 10.0.0.0/8, fd00::/8}. */
final class Cidr {
    static final int MAX = 64;
    private static final Pattern FOUR = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");
    private static final Pattern SIX = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*");

    private Cidr() {}

    /**
     * Returns the ranges as they stand, each once.
     *
     * @throws IllegalArgumentException if the text is something else, or has more than {@value #MAX} items
     */
    static List<String> parse(String text) {
        if (text.isBlank()) {
            return List.of();
        }
        String[] items = text.split(",", -1);
        if (items.length > MAX) {
            throw new IllegalArgumentException("at most %d ranges, found %d".formatted(MAX, items.length));
        }
        return Arrays.stream(items).map(String::strip).map(Cidr::checked).distinct().toList();
    }

    private static String checked(String item) {
        int slash = item.indexOf('/');
        byte[] address = address(slash < 0 ? item : item.substring(0, slash), item);
        int bits = address.length * 8;
        if (slash < 0) {
            throw new IllegalArgumentException("%s has no prefix length; for one address write \"%s/%d\""
                    .formatted(Faults.quoted(item), item, bits));
        }
        int prefix = prefix(item.substring(slash + 1), bits, item);
        BigInteger number = new BigInteger(1, address);
        BigInteger network = number.shiftRight(bits - prefix).shiftLeft(bits - prefix);
        if (!network.equals(number)) {
            throw new IllegalArgumentException("%s has bits beyond its prefix; did you mean \"%s/%d\"?"
                    .formatted(Faults.quoted(item), written(network, address.length), prefix));
        }
        return item;
    }

    private static byte[] address(String text, String item) {
        try {
            if (FOUR.matcher(text).matches() || SIX.matcher(text).matches()) {
                return InetAddress.ofLiteral(text).getAddress();
            }
        } catch (IllegalArgumentException e) {
            // Said below, in the words of this annotation.
        }
        throw new IllegalArgumentException(
                "expected ranges such as \"10.0.0.0/8,fd00::/8\", found " + Faults.quoted(item));
    }

    private static int prefix(String text, int bits, String item) {
        if (text.length() <= 3 && !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9')
                && Integer.parseInt(text) <= bits) {
            return Integer.parseInt(text);
        }
        throw new IllegalArgumentException(
                "expected a prefix length from 0 to %d, found %s".formatted(bits, Faults.quoted(item)));
    }

    private static String written(BigInteger network, int length) {
        byte[] bytes = new byte[length];
        byte[] value = network.toByteArray();
        int count = Math.min(value.length, length);
        System.arraycopy(value, value.length - count, bytes, length - count, count);
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
