package dev.meshctl.proxy.authorize;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.proxy.route.InvalidConfig;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One rule: every list that is not empty must match. */
record CompiledRule(
        String policy,
        List<TextMatch> identities,
        Set<String> namespaces,
        Set<String> trustDomains,
        Set<String> methods,
        List<TextMatch> paths,
        Set<Integer> ports,
        List<TextMatch> notIdentities,
        Set<String> notNamespaces) {

    /** Exact, or a prefix. */
    record TextMatch(String text, boolean prefix) {
        static TextMatch of(String pattern) {
            return pattern.endsWith("*")
                    ? new TextMatch(pattern.substring(0, pattern.length() - 1), true)
                    : new TextMatch(pattern, false);
        }

        boolean matches(String value) {
            return prefix ? value.startsWith(text) : value.equals(text);
        }
    }

    static CompiledRule compile(AccessRule wire) throws InvalidConfig {
        if (wire.getPolicy().isEmpty()) {
            throw new InvalidConfig("policy: must not be empty");
        }
        for (int port : wire.getPortsList()) {
            if (port < 1 || port > 65535) {
                throw new InvalidConfig("ports: " + Integer.toUnsignedString(port) + " must be 1 to 65535");
            }
        }
        return new CompiledRule(
                wire.getPolicy(),
                matches(wire.getIdentitiesList()),
                Set.copyOf(wire.getNamespacesList()),
                Set.copyOf(wire.getTrustDomainsList()),
                wire.getMethodsList().stream().map(m -> m.toUpperCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet()),
                matches(wire.getPathsList()),
                Set.copyOf(wire.getPortsList()),
                matches(wire.getNotIdentitiesList()),
                Set.copyOf(wire.getNotNamespacesList()));
    }

    private static List<TextMatch> matches(List<String> patterns) {
        return patterns.stream().map(TextMatch::of).toList();
    }

    boolean matches(@Nullable SpiffeId caller, @Nullable String method, @Nullable String path, int port, boolean denying) {
        return (caller == null ? matchesNobody(denying) : matchesCaller(caller))
                && (ports.isEmpty() || ports.contains(port))
                && (methods.isEmpty() || (method == null ? denying : methods.contains(method)))
                && (paths.isEmpty() || (path == null ? denying : any(paths, path)));
    }

    // "All but these" includes who is not known where it denies, and leaves it out where it allows.
    private boolean matchesNobody(boolean denying) {
        return identities.isEmpty() && namespaces.isEmpty() && trustDomains.isEmpty()
                && (denying || (notIdentities.isEmpty() && notNamespaces.isEmpty()));
    }

    private boolean matchesCaller(SpiffeId caller) {
        String id = caller.toString();
        return (identities.isEmpty() || any(identities, id))
                && (namespaces.isEmpty() || namespaces.contains(caller.namespace()))
                && (trustDomains.isEmpty() || trustDomains.contains(caller.trustDomain().name()))
                && !any(notIdentities, id)
                && !notNamespaces.contains(caller.namespace());
    }

    private static boolean any(List<TextMatch> patterns, String value) {
        for (TextMatch pattern : patterns) {
            if (pattern.matches(value)) {
                return true;
            }
        }
        return false;
    }
}
