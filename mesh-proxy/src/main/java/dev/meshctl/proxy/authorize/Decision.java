package dev.meshctl.proxy.authorize;

import java.util.List;

/**
 * What the policies say to one call.
 *
 * @param policy {@code <namespace>/<name>} of the deciding rule; empty if no rule had to match
 * @param reason one clause; for the answer to a denied caller
 * @param audited policies that asked to have this call counted
 */
public record Decision(boolean allowed, String policy, String reason, List<String> audited) {
    public Decision {
        audited = List.copyOf(audited);
    }
}
