package dev.meshctl.control.status;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.AccessPolicy;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.TrafficPolicy;
import dev.meshctl.control.policy.AccessCheck;
import dev.meshctl.control.policy.Finding;
import dev.meshctl.control.policy.References;
import dev.meshctl.control.policy.ServiceCatalog;
import dev.meshctl.control.policy.TrafficPolicyCompiler;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Accepted of TrafficPolicies and AccessPolicies, with the reasons that Gateway API has for policies.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/geps/gep-713/">GEP-713, Policy status</a>
 */
final class PolicyConditions {
    private static final String TYPE = "Accepted";

    private final ServiceCatalog catalog;
    private final Collection<TrafficPolicy> traffic;
    private final Collection<AccessPolicy> access;

    /** @param traffic and access: all that there are now */
    PolicyConditions(ServiceCatalog catalog, Collection<TrafficPolicy> traffic, Collection<AccessPolicy> access) {
        this.catalog = catalog;
        this.traffic = traffic;
        this.access = access;
    }

    List<Condition> of(Resource policy) {
        return switch (policy) {
            case TrafficPolicy one -> List.of(target(one.service()).or(() -> conflict(one)).orElseGet(() -> accepted(one.service(), "")));
            case AccessPolicy one -> List.of(target(one.service()).orElseGet(() -> checked(one)));
            default -> List.of();
        };
    }

    /** Of one that cannot be understood. */
    static List<Condition> rejected(String reason, boolean olderInUse) {
        return List.of(new Condition(TYPE, false, "Invalid",
                (olderInUse ? "what it said before stays in use; " : "not in use: ") + reason));
    }

    private static Condition accepted(ServiceName service, String but) {
        return new Condition(TYPE, true, TYPE, "calls of " + service + " go by it" + (but.isEmpty() ? "" : "; but " + but));
    }

    private Optional<Condition> target(ServiceName service) {
        return References.missing(service, catalog).map(why ->
                new Condition(TYPE, false, "TargetNotFound", why + "; the policy takes effect when there is one"));
    }

    private Optional<Condition> conflict(TrafficPolicy policy) {
        return TrafficPolicyCompiler.choose(policy.service(), traffic).filter(chosen -> !chosen.key().equals(policy.key()))
                .map(chosen -> new Condition(TYPE, false, "Conflicted", "%s has %s, which is older and takes effect"
                        .formatted(policy.service(), chosen.key())));
    }

    /** What contradicts itself or another policy is in use as it stands, and its owner is told. */
    private Condition checked(AccessPolicy policy) {
        List<Finding> findings = AccessCheck.check(policy, access, catalog);
        return accepted(policy.service(), findings.stream()
                .map(finding -> finding.path() + ": " + finding.message()).collect(Collectors.joining("; ")));
    }
}
