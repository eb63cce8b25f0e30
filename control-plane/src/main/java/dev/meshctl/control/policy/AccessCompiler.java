package dev.meshctl.control.policy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.resource.AccessPolicy;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** Compiles the access policies of one service into what its proxies evaluate. */
public final class AccessCompiler {
    private AccessCompiler() {}

    /**
     * Compiles those of the policies that are for the service. Equal sets of policies have equal bytes.
     *
     * @param policies in any order; those for other services are left out
     */
    public static Access compile(ServiceName service, Collection<AccessPolicy> policies) {
        Access.Builder access = Access.newBuilder().setService(service.toString());
        policies.stream()
                .filter(policy -> policy.service().equals(service))
                .sorted(Comparator.comparing(AccessPolicy::key))
                .forEach(policy -> add(access, policy));
        return access.build();
    }

    private static void add(Access.Builder access, AccessPolicy policy) {
        String name = policy.metadata().namespace() + "/" + policy.metadata().name();
        List<AccessRule> rules = policy.spec().rules().stream().map(rule -> rule(name, rule)).toList();
        switch (policy.spec().action()) {
            case DENY -> access.addAllDenies(rules);
            case ALLOW -> access.addAllAllows(rules);
            case AUDIT -> access.addAllAudits(rules);
        }
    }

    private static AccessRule rule(String policy, AccessPolicy.Rule rule) {
        return AccessRule.newBuilder()
                .setPolicy(policy)
                .addAllIdentities(rule.from().identities())
                .addAllNamespaces(rule.from().namespaces())
                .addAllTrustDomains(rule.from().trustDomains())
                .addAllNotIdentities(rule.from().notIdentities())
                .addAllNotNamespaces(rule.from().notNamespaces())
                .addAllMethods(rule.to().methods())
                .addAllPaths(rule.to().paths())
                .addAllPorts(rule.to().ports())
                .build();
    }
}
