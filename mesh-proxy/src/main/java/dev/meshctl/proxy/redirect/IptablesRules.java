package dev.meshctl.proxy.redirect;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The plan in the words of iptables: two chains of the nat table of a family, and the jumps to them. Chains are replaced
 * and jumps added in one commit of {@code iptables-restore --noflush}; what others have in the table stays.
 */
final class IptablesRules {
    static final String OUTPUT = "MESHCTL_OUTPUT";
    static final String INBOUND = "MESHCTL_INBOUND";
    /** In the order in which they are looked for. */
    static final List<String> JUMPS = List.of("-A OUTPUT -j " + OUTPUT, "-A PREROUTING -p tcp -j " + INBOUND);

    private final RedirectPlan plan;

    IptablesRules(RedirectPlan plan) {
        this.plan = plan;
    }

    /**
     * What {@code iptables-restore --noflush} takes.
     *
     * @param saved what {@code iptables-save -t nat} says now: a jump that is there is not added again
     */
    String script(Family family, String saved) {
        List<String> present = saved.lines().toList();
        StringBuilder script = new StringBuilder("*nat\n");
        // Naming a chain makes it, or empties it.
        script.append(':').append(OUTPUT).append(" - [0:0]\n:").append(INBOUND).append(" - [0:0]\n");
        rules(family).forEach(rule -> script.append("-A ").append(rule).append('\n'));
        JUMPS.stream().filter(jump -> !present.contains(jump)).forEach(jump -> script.append(jump).append('\n'));
        return script.append("COMMIT\n").toString();
    }

    /** Undoes {@link #script}; empty if there is nothing of it. */
    static String removal(String saved) {
        List<String> present = saved.lines().toList();
        List<String> chains = Stream.of(OUTPUT, INBOUND)
                .filter(chain -> present.stream().anyMatch(line -> line.startsWith(":" + chain + " "))).toList();
        if (chains.isEmpty()) {
            return "";
        }
        StringBuilder script = new StringBuilder("*nat\n");
        present.stream().filter(JUMPS::contains).forEach(jump -> script.append("-D").append(jump.substring(2)).append('\n'));
        chains.forEach(chain -> script.append("-F ").append(chain).append('\n'));
        chains.forEach(chain -> script.append("-X ").append(chain).append('\n'));
        return script.append("COMMIT\n").toString();
    }

    /** Each rule as {@code iptables -C} takes it, the chain first; in order. */
    List<String> rules(Family family) {
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
