package dev.meshctl.proxy.authorize;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.proxy.route.InvalidConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The policies of one service: denials first; if there are allowances, one must match. Immutable. */
public final class CompiledAccess {
    /** Every authenticated caller may call. */
    public static final CompiledAccess OPEN = new CompiledAccess(List.of(), List.of(), List.of());

    private final List<CompiledRule> denies;
    private final List<CompiledRule> allows;
    private final List<CompiledRule> audits;

    private CompiledAccess(List<CompiledRule> denies, List<CompiledRule> allows, List<CompiledRule> audits) {
        this.denies = denies;
        this.allows = allows;
        this.audits = audits;
    }

    /** Reads the wire form; an error names the rule and field. */
    public static CompiledAccess compile(Access wire) throws InvalidConfig {
        return new CompiledAccess(
                rules("denies", wire.getDeniesList()),
                rules("allows", wire.getAllowsList()),
                rules("audits", wire.getAuditsList()));
    }

    private static List<CompiledRule> rules(String field, List<AccessRule> wire) throws InvalidConfig {
        List<CompiledRule> rules = new ArrayList<>(wire.size());
        for (int i = 0; i < wire.size(); i++) {
            try {
                rules.add(CompiledRule.compile(wire.get(i)));
            } catch (InvalidConfig e) {
                throw e.within(field + "[" + i + "]");
            }
        }
        return List.copyOf(rules);
    }

    /**
     * Decides one request, or one opaque connection. An allowing rule that asks for methods or paths never matches
     * an opaque connection; a denying rule that does so ignores them there, so that it cannot be evaded by
     * not speaking HTTP.
     *
     * @param caller null if not authenticated: then a rule that allows by identity, namespace or trust domain does not
     *     match, nor does one that denies so, but for a denial of all others
     * @param method null for opaque connections
     * @param path without query; null for opaque connections
     */
    public Decision decide(@Nullable SpiffeId caller, @Nullable String method, @Nullable String path, int port) {
        List<String> audited = audits.isEmpty() ? List.of() : audits.stream()
                .filter(rule -> rule.matches(caller, method, path, port, false))
                .map(CompiledRule::policy)
                .distinct()
                .toList();
        for (CompiledRule rule : denies) {
            if (rule.matches(caller, method, path, port, true)) {
                return new Decision(false, rule.policy(), "denied by policy " + rule.policy(), audited);
            }
        }
        if (allows.isEmpty()) {
            return new Decision(true, "", "", audited);
        }
        for (CompiledRule rule : allows) {
            if (rule.matches(caller, method, path, port, false)) {
                return new Decision(true, rule.policy(), "", audited);
            }
        }
        String policies = allows.stream().map(CompiledRule::policy).distinct().limit(5).collect(Collectors.joining(", "));
        return new Decision(false, allows.getFirst().policy(), "not allowed by any of: " + policies, audited);
    }
}
