package dev.meshctl.proxy.redirect;

import java.util.ArrayList;
import java.util.List;

/**
 * The plan in the words of iptables: chains of two tables of a family, and the jumps to them. Chains are replaced and jumps
 * added in one commit of {@code iptables-restore --noflush} for each table; what others have in the tables stays.
 *
 * <p>Why DNS queries of the proxy are not tracked: see {@link NftRules}.
 */
final class IptablesRules {
    static final String OUTPUT = "MESHCTL_OUTPUT";
    static final String INBOUND = "MESHCTL_INBOUND";
    static final String DNS_OUTPUT = "MESHCTL_DNS_OUTPUT";
    static final String DNS_INBOUND = "MESHCTL_DNS_INBOUND";

    /**
     * A table and what is added to it.
     *
     * @param chains of our own
     * @param jumps to them, in the order in which they are looked for
     */
    private record Table(String name, List<String> chains, List<String> jumps) {}

    private static final List<Table> TABLES = List.of(
            new Table("raw", List.of(DNS_OUTPUT, DNS_INBOUND),
                    List.of("-A OUTPUT -p udp -j " + DNS_OUTPUT, "-A PREROUTING -p udp -j " + DNS_INBOUND)),
            new Table("nat", List.of(OUTPUT, INBOUND),
                    List.of("-A OUTPUT -j " + OUTPUT, "-A PREROUTING -p tcp -j " + INBOUND)));
    /** Of all tables. */
    static final List<String> JUMPS = TABLES.stream().flatMap(table -> table.jumps().stream()).toList();

    private final RedirectPlan plan;

    IptablesRules(RedirectPlan plan) {
        this.plan = plan;
    }

    /**
     * What {@code iptables-restore --noflush} takes.
     *
     * @param saved what {@code iptables-save} says now: a jump that is there is not added again
     */
    String script(Family family, String saved) {
        List<String> present = saved.lines().toList();
        StringBuilder script = new StringBuilder();
        for (Table table : TABLES) {
            script.append('*').append(table.name()).append('\n');
            // Naming a chain makes it, or empties it.
            table.chains().forEach(chain -> script.append(':').append(chain).append(" - [0:0]\n"));
            rules(family, table.name()).forEach(rule -> script.append("-A ").append(rule).append('\n'));
            table.jumps().stream().filter(jump -> !present.contains(jump)).forEach(jump -> script.append(jump).append('\n'));
            script.append("COMMIT\n");
        }
        return script.toString();
    }

    /** Undoes {@link #script}; empty if there is nothing of it. */
    static String removal(String saved) {
        List<String> present = saved.lines().toList();
        StringBuilder script = new StringBuilder();
        for (Table table : TABLES) {
            List<String> chains = table.chains().stream()
                    .filter(chain -> present.stream().anyMatch(line -> line.startsWith(":" + chain + " "))).toList();
            if (!chains.isEmpty()) {
                script.append('*').append(table.name()).append('\n');
                present.stream().filter(table.jumps()::contains)
                        .forEach(jump -> script.append("-D").append(jump.substring(2)).append('\n'));
                chains.forEach(chain -> script.append("-F ").append(chain).append('\n'));
                chains.forEach(chain -> script.append("-X ").append(chain).append('\n'));
                script.append("COMMIT\n");
            }
        }
        return script.toString();
    }

    static List<String> tables() {
        return TABLES.stream().map(Table::name).toList();
    }

    /** Each rule of a table as {@code iptables -C} takes it, the chain first; in order. */
    List<String> rules(Family family, String table) {
        return table.equals("raw") ? untracked() : redirected(family);
    }

    private List<String> untracked() {
        return List.of(
                DNS_OUTPUT + " -p udp -m owner --uid-owner " + plan.proxyUid() + " -m udp --dport 53 -j CT --notrack",
                DNS_INBOUND + " -p udp -m udp --sport 53 -j CT --notrack");
    }

    private List<String> redirected(Family family) {
        List<String> rules = new ArrayList<>();
        rules.add(OUTPUT + " -m owner --uid-owner " + plan.proxyUid() + " -j RETURN");
        plan.excludedOutbound().ports().forEach(port -> {
            rules.add(OUTPUT + " -p tcp -m tcp --dport " + port.text(':') + " -j RETURN");
            rules.add(OUTPUT + " -p udp -m udp --dport " + port.text(':') + " -j RETURN");
        });
        plan.excludedOutbound().ranges(family).forEach(range -> rules.add(OUTPUT + " -d " + range + " -j RETURN"));
        // Before the rules for loopback: the resolver may be there.
        rules.add(OUTPUT + " -p udp -m udp --dport 53 -j REDIRECT --to-ports " + plan.dnsPort());
        rules.add(OUTPUT + " -p tcp -m tcp --dport 53 -j REDIRECT --to-ports " + plan.dnsPort());
        rules.add(OUTPUT + " -o lo -j RETURN");
        rules.add(OUTPUT + " -d " + family.loopback() + " -j RETURN");
        rules.add(OUTPUT + " -p tcp -j REDIRECT --to-ports " + plan.outboundPort());

        rules.add(INBOUND + " -i lo -j RETURN");
        plan.excludedInbound().ports().forEach(port -> rules.add(INBOUND + " -p tcp -m tcp --dport " + port.text(':') + " -j RETURN"));
        plan.excludedInbound().ranges(family).forEach(range -> rules.add(INBOUND + " -s " + range + " -j RETURN"));
        rules.add(INBOUND + " -p tcp -j REDIRECT --to-ports " + plan.inboundPort());
        return rules;
    }
}
