package dev.meshctl.proxy.redirect;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The plan in the words of nftables: one table for each family, which nobody else writes to. Every rule carries a
 * comment that says which plan it is of, so that what the kernel has can be told from what another plan left.
 *
 * <p>NAT is asked once for a connection, so a packet that is let go by the first chain that sees it stays as it is:
 * what a workload sends to itself passes the output chain over {@code lo} and is not seen by the inbound one.
 *
 * <p>DNS queries of the proxy are not tracked: the entry of one would live on for its source port, and let a query that the
 * workload sends from the same port within the minute go past the proxy.
 */
final class NftRules {
    static final String TABLE = "meshctl";

    private final RedirectPlan plan;
    private final String mark;

    NftRules(RedirectPlan plan) {
        this.plan = plan;
        this.mark = TABLE + " " + Integer.toHexString(plan.hashCode());
    }

    /** A script that replaces what there is in one transaction. */
    String script(Collection<Family> families) {
        return families.stream().map(this::table).collect(Collectors.joining());
    }

    /** A script that removes the tables, whether they exist or not. */
    static String removal(Collection<Family> families) {
        // To delete what does not exist is an error; to add what does is none.
        return families.stream().map(family -> "add table %1$s %2$s%ndelete table %1$s %2$s%n".formatted(family.nft(), TABLE))
                .collect(Collectors.joining());
    }

    private String table(Family family) {
        return removal(List.of(family))
                + "table " + family.nft() + " " + TABLE + " {\n"
                + chain("untracked-output", "type filter hook output priority -300; policy accept;", marked("raw-out", untrackedOutput()))
                + chain("untracked-prerouting", "type filter hook prerouting priority -300; policy accept;",
                        marked("raw-in", untrackedInbound()))
                + chain("output", "type nat hook output priority -100; policy accept;", marked("out", output(family)))
                + chain("prerouting", "type nat hook prerouting priority -100; policy accept;", marked("in", inbound(family)))
                + "}\n";
    }

    private static String chain(String name, String hook, List<String> rules) {
        return "  chain " + name + " {\n    " + hook + "\n"
                + rules.stream().map(rule -> "    " + rule + "\n").collect(Collectors.joining()) + "  }\n";
    }

    private List<String> marked(String direction, List<String> rules) {
        List<String> marked = new ArrayList<>();
        for (String rule : rules) {
            marked.add(rule + " comment \"" + comment(direction, marked.size()) + "\"");
        }
        return marked;
    }

    private String comment(String direction, int number) {
        return mark + " " + direction + " " + number;
    }

    /** The comments of all rules of a family: what a listing must show once the script has run. */
    List<String> comments(Family family) {
        List<String> comments = new ArrayList<>();
        comments(comments, "raw-out", untrackedOutput());
        comments(comments, "raw-in", untrackedInbound());
        comments(comments, "out", output(family));
        comments(comments, "in", inbound(family));
        return comments;
    }

    private void comments(List<String> comments, String direction, List<String> rules) {
        for (int i = 0; i < rules.size(); i++) {
            comments.add(comment(direction, i));
        }
    }

    private List<String> untrackedOutput() {
        return List.of("meta skuid " + plan.proxyUid() + " udp dport 53 notrack");
    }

    /** The answers, which would have an entry of their own. Those to a workload come from the proxy, by another port. */
    private static List<String> untrackedInbound() {
        return List.of("udp sport 53 notrack");
    }

    private List<String> output(Family family) {
        List<String> rules = new ArrayList<>();
        rules.add("meta skuid " + plan.proxyUid() + " return");
        excludedPorts(rules, plan.excludedOutbound(), true);
        excludedRanges(rules, plan.excludedOutbound(), family, "daddr");
        // Before the rules for loopback: the resolver may be there.
        rules.add("udp dport 53 redirect to :" + plan.dnsPort());
        rules.add("tcp dport 53 redirect to :" + plan.dnsPort());
        rules.add("oifname \"lo\" return");
        rules.add(family.nft() + " daddr " + family.loopback() + " return");
        rules.add("meta l4proto tcp redirect to :" + plan.outboundPort());
        return rules;
    }

    private List<String> inbound(Family family) {
        List<String> rules = new ArrayList<>();
        rules.add("iifname \"lo\" return");
        excludedPorts(rules, plan.excludedInbound(), false);
        excludedRanges(rules, plan.excludedInbound(), family, "saddr");
        rules.add("meta l4proto tcp redirect to :" + plan.inboundPort());
        return rules;
    }

    // One rule each: ranges that overlap are no set.
    private static void excludedPorts(List<String> rules, RedirectPlan.Excluded excluded, boolean udp) {
        for (PortRange range : excluded.ports()) {
            rules.add("tcp dport " + range + " return");
            if (udp) {
                rules.add("udp dport " + range + " return");
            }
        }
    }

    private static void excludedRanges(List<String> rules, RedirectPlan.Excluded excluded, Family family, String side) {
        excluded.ranges(family).forEach(range -> rules.add(family.nft() + " " + side + " " + range + " return"));
    }
}
