package dev.meshctl.proxy.redirect;

import java.util.ArrayList;
import java.util.List;

/** By {@code iptables-restore} and {@code ip6tables-restore}: one transaction for each table of a family. */
record IptablesBackend(Commands commands) implements Backend {
    @Override
    public String name() {
        return "iptables";
    }

    @Override
    public void apply(RedirectPlan plan, List<Family> families) throws RedirectException {
        IptablesRules rules = new IptablesRules(plan);
        for (Family family : families) {
            restore("cannot set the redirect", family, rules.script(family, saved(family)));
        }
    }

    @Override
    public void verify(RedirectPlan plan, List<Family> families) throws RedirectException {
        for (Family family : families) {
            List<String> present = saved(family).lines().toList();
            for (String jump : IptablesRules.JUMPS) {
                if (!present.contains(jump)) {
                    throw lacks(family, jump);
                }
            }
            for (String table : IptablesRules.tables()) {
                verify(family, table, new IptablesRules(plan).rules(family, table));
            }
        }
    }

    private void verify(Family family, String table, List<String> rules) throws RedirectException {
        for (String rule : rules) {
            List<String> check = new ArrayList<>(List.of(family.iptables(), "-w", "5", "-t", table, "-C"));
            check.addAll(List.of(rule.split(" ")));
            if (!commands.run("", check).ok()) {
                throw lacks(family, rule);
            }
        }
    }

    private static RedirectException lacks(Family family, String rule) {
        return new RedirectException("the redirect was set, but the kernel lacks \"" + rule + "\" of " + family.iptables()
                + "; does another program change it?");
    }

    @Override
    public void remove(List<Family> families) throws RedirectException {
        for (Family family : families) {
            String script = IptablesRules.removal(saved(family));
            if (!script.isEmpty()) {
                restore("cannot remove the redirect", family, script);
            }
        }
    }

    private String saved(Family family) throws RedirectException {
        Commands.Outcome outcome = commands.run("", List.of(family.iptables() + "-save"));
        if (!outcome.ok()) {
            throw Backend.refused("cannot read the tables of " + family.iptables(), outcome);
        }
        return outcome.output();
    }

    private void restore(String what, Family family, String script) throws RedirectException {
        Commands.Outcome outcome =
                commands.run(script, List.of(family.iptables() + "-restore", "-w", "5", "--noflush"));
        if (!outcome.ok()) {
            throw Backend.refused(what + " for " + family.iptables(), outcome);
        }
    }
}
