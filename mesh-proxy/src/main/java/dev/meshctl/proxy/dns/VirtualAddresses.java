package dev.meshctl.proxy.dns;

import dev.meshctl.api.name.MeshHost;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Addresses for hosts that have none: one of 240.0.0.0/16 (reserved by RFC 1112, used by nobody) and one of a unique local
 * /112 (RFC 4193) for each host, for this proxy alone. A host keeps its address until {@value #MAX_HOSTS} others were
 * resolved or called since; the address of one that was forgotten is given away again as late as possible.
 */
final class VirtualAddresses {
    static final int MAX_HOSTS = 16_384;

    private static final int FIRST = 1;
    private static final int LAST = 65_534;
    private static final byte[] IPV4 = {(byte) 240, 0};
    // "meshctl" after the fd of RFC 4193.
    private static final byte[] IPV6 = {(byte) 0xfd, 'm', 'e', 's', 'h', 'c', 't', 'l', 0, 0, 0, 0, 0, 0};

    // Guarded by this. In the order of use, the longest unused first.
    private final Map<MeshHost, Integer> numbers = new LinkedHashMap<>(64, 0.75f, true);
    private final Map<Integer, MeshHost> hosts = new HashMap<>();
    private int next = FIRST;

    /** The host's address. */
    synchronized InetAddress of(MeshHost host, boolean ipv6) {
        Integer known = numbers.get(host);
        return address(ipv6 ? IPV6 : IPV4, known == null ? assign(host) : known);
    }

    private int assign(MeshHost host) {
        if (numbers.size() >= MAX_HOSTS) {
            MeshHost oldest = numbers.keySet().iterator().next();
            hosts.remove(numbers.remove(oldest));
        }
        while (hosts.containsKey(next)) {
            advance();
        }
        int number = next;
        advance();
        numbers.put(host, number);
        hosts.put(number, host);
        return number;
    }

    private void advance() {
        next = next == LAST ? FIRST : next + 1;
    }

    private static InetAddress address(byte[] prefix, int number) {
        byte[] bytes = new byte[prefix.length + 2];
        System.arraycopy(prefix, 0, bytes, 0, prefix.length);
        bytes[prefix.length] = (byte) (number >> 8);
        bytes[prefix.length + 1] = (byte) number;
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are an address", e);
        }
    }

    /** True if no other than this proxy can have given an address away. */
    static boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        byte[] prefix = bytes.length == 4 ? IPV4 : IPV6;
        for (int i = 0; i < prefix.length; i++) {
            if (bytes[i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    /** The host that has an address; empty if none has it, or none any more. Counts as a use. */
    synchronized Optional<MeshHost> at(InetAddress address) {
        if (!contains(address)) {
            return Optional.empty();
        }
        byte[] bytes = address.getAddress();
        Optional<MeshHost> host = Optional.ofNullable(
                hosts.get((bytes[bytes.length - 2] & 0xff) << 8 | (bytes[bytes.length - 1] & 0xff)));
        host.ifPresent(numbers::get);
        return host;
    }
}
