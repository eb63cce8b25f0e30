package dev.meshctl.proxy.host;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.BitSet;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The loopback addresses that workloads get: of range {@code 127.7}, {@code 127.7.1.1} to
 * {@code 127.7.254.254}, each with the well-known ports; without a range, always {@code 127.0.0.1} with
 * ports that the system assigns. An address that was given back is used again as late as possible.
 */
final class AddressRange {
    /** Outbound port of a workload that has an address of its own. */
    static final int OUTBOUND_PORT = 15001;
    /** Inbound port of a workload that has an address of its own. */
    static final int INBOUND_PORT = 15006;

    private static final Pattern RANGE = Pattern.compile("127\\.(\\d{1,3})");
    private static final int PER_BLOCK = 254;
    private static final int SIZE = PER_BLOCK * PER_BLOCK;

    /** An address and the ports to ask for there; 0: any. */
    record Lease(InetAddress address, int outboundPort, int inboundPort, int index) {}

    private final int second;
    // Guarded by this.
    private final BitSet taken = new BitSet();
    private int next;

    private AddressRange(int second) {
        this.second = second;
    }

    /**
     * Reads the option.
     *
     * @param range {@code 127.<0 to 255>}, or empty
     * @throws IllegalArgumentException if it is something else
     */
    static AddressRange parse(String range) {
        if (range.isEmpty()) {
            return new AddressRange(-1);
        }
        Matcher matcher = RANGE.matcher(range);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > 255) {
            throw new IllegalArgumentException(
                    "workload-range \"" + range + "\" must be empty or 127.N, N from 0 to 255");
        }
        return new AddressRange(Integer.parseInt(matcher.group(1)));
    }

    /** Empty when every address is in use. */
    synchronized Optional<Lease> take() {
        if (second < 0) {
            return Optional.of(new Lease(address(127, 0, 0, 1), 0, 0, -1));
        }
        int index = taken.nextClearBit(next);
        if (index >= SIZE) {
            index = taken.nextClearBit(0);
        }
        if (index >= SIZE) {
            return Optional.empty();
        }
        taken.set(index);
        next = index + 1;
        InetAddress address = address(127, second, 1 + index / PER_BLOCK, 1 + index % PER_BLOCK);
        return Optional.of(new Lease(address, OUTBOUND_PORT, INBOUND_PORT, index));
    }

    /** That very address and those ports, if it is one of the range and free. */
    synchronized Optional<Lease> take(LastAddresses last) {
        int outboundPort = last.port(LastAddresses.OUTBOUND);
        int inboundPort = last.port(LastAddresses.INBOUND);
        if (second < 0) {
            return last.host().equals("127.0.0.1")
                    ? Optional.of(new Lease(address(127, 0, 0, 1), outboundPort, inboundPort, -1)) : Optional.empty();
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(last.host());
        if (bytes == null || bytes.length != 4 || bytes[0] != 127 || (bytes[1] & 0xff) != second) {
            return Optional.empty();
        }
        int index = ((bytes[2] & 0xff) - 1) * PER_BLOCK + (bytes[3] & 0xff) - 1;
        if (index < 0 || index >= SIZE || taken.get(index)) {
            return Optional.empty();
        }
        taken.set(index);
        return Optional.of(new Lease(address(127, second, bytes[2] & 0xff, bytes[3] & 0xff),
                OUTBOUND_PORT, INBOUND_PORT, index));
    }

    synchronized void giveBack(Lease lease) {
        if (lease.index() >= 0) {
            taken.clear(lease.index());
        }
    }

    private static InetAddress address(int a, int b, int c, int d) {
        try {
            return InetAddress.getByAddress(new byte[] {(byte) a, (byte) b, (byte) c, (byte) d});
        } catch (UnknownHostException e) {
            throw new IllegalStateException("four bytes are an address", e);
        }
    }
}
