package dev.meshctl.control.policy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What the policies of a service say to one call; the same answer as the inbound side of a proxy gives.
 *
 * @param policy {@code <namespace>/<name>} that decided; empty: the default
 * @param reason for people
 * @param audited policies that have the call counted
 */
public record AccessDecision(boolean allowed, String policy, String reason, List<String> audited) {
    private static final int MAX_NAMED = 5;

    public AccessDecision {
        audited = List.copyOf(audited);
    }

    /**
     * Decides one call: denials first; if anything allows, one rule of it must match; otherwise every
     * authenticated caller may call. On an opaque connection a rule that asks for methods or paths never allows,
     * and denies without regard to them.
     *
     * @param method empty for an opaque connection
     * @param path with or without query; empty for an opaque connection
     * @param port of the service
     */
    public static AccessDecision decide(Access access, SpiffeId source, String method, String path, int port) {
        Call call = new Call(source, method, withoutQuery(path), port);
        List<String> audited = access.getAuditsList().stream()
                .filter(rule -> call.matches(rule, false))
                .map(AccessRule::getPolicy)
                .distinct()
                .toList();
        Optional<AccessRule> denies =
                access.getDeniesList().stream().filter(rule -> call.matches(rule, true)).findFirst();
        if (denies.isPresent()) {
            String policy = denies.get().getPolicy();
            return new AccessDecision(false, policy, "denied by policy " + policy, audited);
        }
        if (access.getAllowsCount() == 0) {
            return new AccessDecision(true, "", "no policy allows only some callers of " + access.getService()
                    + ", so every authenticated caller may call", audited);
        }
        return access.getAllowsList().stream().filter(rule -> call.matches(rule, false)).findFirst()
                .map(rule -> new AccessDecision(true, rule.getPolicy(), "allowed by policy " + rule.getPolicy(), audited))
                .orElseGet(() -> notAllowed(access, audited));
    }

    private static AccessDecision notAllowed(Access access, List<String> audited) {
        String policies = access.getAllowsList().stream().map(AccessRule::getPolicy).distinct().limit(MAX_NAMED)
                .collect(Collectors.joining(", "));
        return new AccessDecision(false, access.getAllows(0).getPolicy(), "not allowed by any of: " + policies, audited);
    }

    private static String withoutQuery(String path) {
        int query = path.indexOf('?');
        return query < 0 ? path : path.substring(0, query);
    }

    private record Call(SpiffeId source, String method, String path, int port) {
        boolean matches(AccessRule rule, boolean denying) {
            return matchesCaller(rule)
                    && (rule.getPortsCount() == 0 || rule.getPortsList().contains(port))
                    && (rule.getMethodsCount() == 0
                            || (method.isEmpty() ? denying : rule.getMethodsList().contains(method)))
                    && (rule.getPathsCount() == 0 || (path.isEmpty() ? denying : any(rule.getPathsList(), path)));
        }

        private boolean matchesCaller(AccessRule rule) {
            String id = source.toString();
            return (rule.getIdentitiesCount() == 0 || any(rule.getIdentitiesList(), id))
                    && (rule.getNamespacesCount() == 0 || rule.getNamespacesList().contains(source.namespace()))
                    && (rule.getTrustDomainsCount() == 0
                            || rule.getTrustDomainsList().contains(source.trustDomain().name()))
                    && !any(rule.getNotIdentitiesList(), id)
                    && !rule.getNotNamespacesList().contains(source.namespace());
        }

        private static boolean any(List<String> patterns, String value) {
            return patterns.stream().anyMatch(pattern -> pattern.endsWith("*")
                    ? value.startsWith(pattern.substring(0, pattern.length() - 1))
                    : value.equals(pattern));
        }
    }
}
