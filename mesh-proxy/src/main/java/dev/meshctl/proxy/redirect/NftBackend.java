package dev.meshctl.proxy.redirect;

import java.util.List;

/** By {@code nft}: both families in one transaction. */
record NftBackend(Commands commands) implements Backend {
    static final String COMMAND = "nft";

    @Override
    public String name() {
        return "nft";
    }

    @Override
    public void apply(RedirectPlan plan, List<Family> families) throws RedirectException {
        run("cannot set the redirect", new NftRules(plan).script(families));
    }

    @Override
    public void verify(RedirectPlan plan, List<Family> families) throws RedirectException {
        NftRules rules = new NftRules(plan);
        for (Family family : families) {
            Commands.Outcome listing = commands.run("", List.of(COMMAND, "list", "table", family.nft(), NftRules.TABLE));
            if (!listing.ok()) {
                throw Backend.refused("the redirect was set, but cannot be read back", listing);
            }
            for (String comment : rules.comments(family)) {
                if (!listing.output().contains("\"" + comment + "\"")) {
                    throw new RedirectException("the redirect was set, but the kernel lacks the rule \"" + comment
                            + "\" of table " + family.nft() + " " + NftRules.TABLE + "; does another program change it?");
                }
            }
        }
    }

    @Override
    public void remove(List<Family> families) throws RedirectException {
        run("cannot remove the redirect", NftRules.removal(families));
    }

    private void run(String what, String script) throws RedirectException {
        Commands.Outcome outcome = commands.run(script, List.of(COMMAND, "-f", "-"));
        if (!outcome.ok()) {
            throw Backend.refused(what, outcome);
        }
    }
}
