package dev.meshctl.proxy.redirect;

/** The two versions of IP, and what the tools call them. */
enum Family {
    IPV4("ip", "iptables", "127.0.0.0/8"),
    IPV6("ip6", "ip6tables", "::1/128");

    private final String nft;
    private final String iptables;
    private final String loopback;

    Family(String nft, String iptables, String loopback) {
        this.nft = nft;
        this.iptables = iptables;
        this.loopback = loopback;
    }

    /** Of a table of nftables. */
    String nft() {
        return nft;
    }

    /** The command that changes its tables. */
    String iptables() {
        return iptables;
    }

    String loopback() {
        return loopback;
    }
}
