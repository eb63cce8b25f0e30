package dev.meshctl.control.policy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.AccessPolicy.Action;
import dev.meshctl.api.resource.AccessPolicy.From;
import dev.meshctl.api.resource.AccessPolicy.Rule;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Finds access policies that cannot do what their author means: empty, never matching, cancelling each other. */
public final class AccessCheck {
    private final AccessPolicy policy;
    private final Collection<AccessPolicy> others;
    private final ServiceCatalog catalog;
    private final List<Finding> findings = new ArrayList<>();

    private AccessCheck(AccessPolicy policy, Collection<AccessPolicy> others, ServiceCatalog catalog) {
        this.policy = policy;
        this.others = others;
        this.catalog = catalog;
    }

    /**
     * Checks a policy that is about to be stored.
     *
     * @param others all policies that will be there beside it; the policy's own old state may be among them
     */
    public static List<Finding> check(AccessPolicy policy, Collection<AccessPolicy> others, ServiceCatalog catalog) {
        AccessCheck check = new AccessCheck(policy, others, catalog);
        check.target();
        for (int i = 0; i < policy.spec().rules().size(); i++) {
            check.rule(policy.spec().rules().get(i), "spec.rules[" + i + "]");
        }
        return List.copyOf(check.findings);
    }

    private void target() {
        References.missing(policy.service(), catalog)
                .ifPresent(why -> warn("spec.service", why + "; the policy takes effect when there is one"));
    }

    private void rule(Rule rule, String path) {
        contradictions(rule.from(), path + ".from");
        ports(rule, path + ".to.ports");
        if (policy.spec().action() == Action.DENY && isEverything(rule)) {
            warn(path, "matches every call, so nobody can call " + policy.service());
        }
        cancelled(rule, path);
    }

    private void ports(Rule rule, String path) {
        Set<Integer> known = catalog.ports(policy.service());
        for (int i = 0; i < rule.to().ports().size(); i++) {
            int port = rule.to().ports().get(i);
            if (!known.isEmpty() && !known.contains(port)) {
                warn(path + "[" + i + "]", "%s has no port %d; it has %s".formatted(policy.service(), port,
                        String.join(", ", known.stream().sorted().map(String::valueOf).toList())));
            }
        }
    }

    private void contradictions(From from, String path) {
        if (!from.identities().isEmpty() && from.identities().stream().allMatch(id -> excluded(id, from))) {
            error(path + ".identities", "never matches: the rule's other lists exclude each of them");
        }
        if (!from.namespaces().isEmpty() && from.notNamespaces().containsAll(from.namespaces())) {
            error(path + ".namespaces", "never matches: notNamespaces excludes each of them");
        }
    }

    private static boolean excluded(String identity, From from) {
        if (from.notIdentities().stream().anyMatch(not -> covers(not, identity))) {
            return true;
        }
        if (identity.endsWith("*")) {
            return false;
        }
        SpiffeId id = SpiffeId.parse(identity);
        return (!from.namespaces().isEmpty() && !from.namespaces().contains(id.namespace()))
                || (!from.trustDomains().isEmpty() && !from.trustDomains().contains(id.trustDomain().name()))
                || from.notNamespaces().contains(id.namespace());
    }

    /** The pattern matches all that the other pattern matches. */
    private static boolean covers(String pattern, String other) {
        return pattern.equals(other)
                || (pattern.endsWith("*") && other.startsWith(pattern.substring(0, pattern.length() - 1)));
    }

    private void cancelled(Rule rule, String path) {
        Action opposite = switch (policy.spec().action()) {
            case ALLOW -> Action.DENY;
            case DENY -> Action.ALLOW;
            case AUDIT -> Action.AUDIT;
        };
        if (opposite == Action.AUDIT) {
            return;
        }
        others.stream()
                .filter(other -> !other.key().equals(policy.key()))
                .filter(other -> other.service().equals(policy.service()) && other.spec().action() == opposite)
                .filter(other -> other.spec().rules().stream().anyMatch(r -> same(r, rule)))
                .findFirst()
                .ifPresent(other -> error(path, ("cyclic policy: %s has the same rule with action %s; a denial always wins, so"
                        + " what one allows the other denies. Delete one of them, or narrow the denial")
                        .formatted(other.key(), opposite == Action.ALLOW ? "Allow" : "Deny")));
    }

    private static boolean same(Rule a, Rule b) {
        return lists(a).equals(lists(b));
    }

    private static List<Set<Object>> lists(Rule rule) {
        List<List<?>> lists = List.of(rule.from().identities(), rule.from().namespaces(), rule.from().trustDomains(),
                rule.from().notIdentities(), rule.from().notNamespaces(), rule.to().methods(), rule.to().paths(),
                rule.to().ports());
        List<Set<Object>> sets = new ArrayList<>();
        lists.forEach(list -> sets.add(new HashSet<>(list)));
        return sets;
    }

    private static boolean isEverything(Rule rule) {
        return lists(rule).stream().allMatch(Set::isEmpty);
    }

    private void error(String path, String message) {
        findings.add(Finding.error(policy.key(), path, message));
    }

    private void warn(String path, String message) {
        findings.add(Finding.warning(policy.key(), path, message));
    }
}
