package dev.meshctl.proxy.dns;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The ports that queries to the resolvers come from: random ones, of those that the kernel gives to nobody by itself. The
 * kernel remembers a flow of UDP for half a minute and redirects by what it remembers. An application that got the port
 * of such a query would reach the resolver past the proxy, and a query from a port that an application had would come
 * back to the proxy.
 */
record QueryPorts(int firstOfKernel, int lastOfKernel) {
    /** Of each pod; {@code net.ipv4.ip_local_port_range} is for IPv6 too. */
    private static final Path RANGE = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    /** What Linux has where nobody has set it. */
    private static final QueryPorts USUAL = new QueryPorts(32_768, 60_999);
    private static final int FIRST = 1024;
    private static final int LAST = 65_535;
    /** With fewer, guessing an answer would be too easy (RFC 5452). */
    private static final int LEAST = 2048;
    private static final RandomGenerator RANDOM = new SecureRandom();

    /** As the network namespace of this process has it. */
    static QueryPorts ofThisPod() {
        try {
            return parse(Files.readString(RANGE));
        } catch (IOException | IllegalArgumentException e) {
            return USUAL;
        }
    }

    /** Of two numbers; throws IllegalArgumentException otherwise. */
    static QueryPorts parse(String range) {
        List<Integer> numbers = Stream.of(range.strip().split("\\s+")).map(Integer::valueOf).toList();
        if (numbers.size() != 2 || numbers.getFirst() > numbers.getLast()) {
            throw new IllegalArgumentException("no range of ports: " + range);
        }
        return new QueryPorts(numbers.getFirst(), numbers.getLast());
    }

    /** A random one; 0, which is the kernel's choice, where it leaves too few. */
    int next() {
        int below = Math.max(0, firstOfKernel - FIRST);
        int above = Math.max(0, LAST - Math.max(lastOfKernel, FIRST - 1));
        if (below + above < LEAST) {
            return 0;
        }
        int chosen = RANDOM.nextInt(below + above);
        return chosen < below ? FIRST + chosen : LAST - (chosen - below);
    }
}
