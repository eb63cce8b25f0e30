package dev.meshctl.proxy.redirect;

import java.util.List;

/** One way to change the packet filter. */
sealed interface Backend permits NftBackend, IptablesBackend {
    /** For messages. */
    String name();

    /**
     * Replaces what there is by the plan; all of a family or nothing.
     *
     * @throws RedirectException if the tool refuses
     */
    void apply(RedirectPlan plan, List<Family> families) throws RedirectException;

    /** Asks the kernel whether it has every rule of the plan. */
    void verify(RedirectPlan plan, List<Family> families) throws RedirectException;

    /** Removes what {@link #apply} made, of whatever plan. Doing so twice does nothing. */
    void remove(List<Family> families) throws RedirectException;

    /** The tool's last words, and what usually helps. */
    static RedirectException refused(String what, Commands.Outcome outcome) {
        String words = outcome.errors().isBlank() ? outcome.output() : outcome.errors();
        String said = words.lines().filter(line -> !line.isBlank()).findFirst().orElse("status " + outcome.status()).strip();
        return new RedirectException(what + ": " + said + hint(words));
    }

    private static String hint(String words) {
        if (words.contains("Operation not permitted") || words.contains("Permission denied")
                || words.contains("you must be root")) {
            return "; it needs capability NET_ADMIN as user 0 in the network namespace of the pod: does an admission policy"
                    + " of the cluster (Pod Security \"baseline\" or \"restricted\") take it away?";
        }
        if (words.contains("Table does not exist") || words.contains("can't initialize") || words.contains("not supported")
                || words.contains("No such file or directory") || words.contains("Protocol not supported")) {
            return "; the kernel of this node lacks NAT for it: load its module on the node (nft_nat and nft_redir, or"
                    + " iptable_nat and ip6table_nat), or choose another --backend";
        }
        return "";
    }
}
