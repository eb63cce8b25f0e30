package dev.meshctl.proxy.redirect;

import java.util.List;

/**
 * What is to be redirected, and what is left alone.
 *
 * @param proxyUid user of the proxy, whose own connections go where it sends them; not 0, because then nothing of the
 *     system's own would be redirected either
 * @param inboundPort takes TCP that comes from outside of the namespace
 * @param outboundPort takes TCP that leaves it
 * @param dnsPort takes DNS, over UDP and TCP
 * @param excludedInbound by local port and by source
 * @param excludedOutbound by remote port and by destination, DNS included
 */
record RedirectPlan(
        int proxyUid, int inboundPort, int outboundPort, int dnsPort, Excluded excludedInbound, Excluded excludedOutbound) {
    static final int MAX_EXCLUDED = 512;

    /** Ports and ranges of addresses, in the order in which they were given. */
    record Excluded(List<PortRange> ports, List<IpRange> ranges) {
        static final Excluded NOTHING = new Excluded(List.of(), List.of());

        Excluded {
            ports = ports.stream().distinct().toList();
            ranges = ranges.stream().distinct().toList();
            if (ports.size() > MAX_EXCLUDED || ranges.size() > MAX_EXCLUDED) {
                throw new IllegalArgumentException("at most " + MAX_EXCLUDED + " ports and as many CIDRs can be excluded");
            }
        }

        /** Those of one family. */
        List<IpRange> ranges(Family family) {
            return ranges.stream().filter(range -> range.ipv6() == (family == Family.IPV6)).toList();
        }
    }

    RedirectPlan {
        if (proxyUid <= 0) {
            throw new IllegalArgumentException("the proxy's user must be a number above 0, not " + proxyUid);
        }
        requirePort("the inbound port", inboundPort);
        requirePort("the outbound port", outboundPort);
        requirePort("the DNS port", dnsPort);
        if (inboundPort == outboundPort || outboundPort == dnsPort || inboundPort == dnsPort) {
            throw new IllegalArgumentException("the inbound, the outbound and the DNS port must differ");
        }
    }

    private static void requirePort(String what, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(what + " must be 1 to 65535, not " + port);
        }
    }
}
