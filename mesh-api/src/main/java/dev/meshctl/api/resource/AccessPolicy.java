package dev.meshctl.api.resource;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.name.ServiceName;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Who may call a service. Deny rules are asked first; if any policy that allows selects the service,
 * one of its rules must match; otherwise every authenticated caller may call. Audit only counts and logs.
 */
public record AccessPolicy(Metadata metadata, Spec spec) implements Resource {

    /**
     * One action for the calls that any of the rules matches.
     *
     * @param service in the same namespace
     * @param rules 1 to 256; an empty rule matches everybody
     */
    public record Spec(String service, Action action, List<Rule> rules) {
        public Spec {
            rules = List.copyOf(rules);
            Check.service(service, "service");
            Check.phrase(!rules.isEmpty(), "rules", "at least one rule (an empty rule, {}, matches every call)", "none");
            Check.items(rules, 1, Check.MAX_ITEMS, "rules");
        }
    }

    public enum Action {
        ALLOW,
        DENY,
        AUDIT
    }

    /** Matches a call whose caller and target both match. */
    public record Rule(@Default("{}") From from, @Default("{}") To to) {}

    /**
     * The caller. Every list that is not empty must match.
     *
     * @param identities SPIFFE IDs; a {@code *} at the end matches every ID that starts so
     */
    public record From(
            List<String> identities,
            List<String> namespaces,
            List<String> trustDomains,
            List<String> notIdentities,
            List<String> notNamespaces) {
        public From {
            identities = checkedIdentities(identities, "identities");
            namespaces = checkedNamespaces(namespaces, "namespaces");
            trustDomains = List.copyOf(trustDomains);
            Check.items(trustDomains, 0, Check.MAX_ITEMS, "trustDomains");
            for (int i = 0; i < trustDomains.size(); i++) {
                Check.that(TRUST_DOMAIN.matcher(trustDomains.get(i)).matches(), "trustDomains[" + i + "]",
                        "a trust domain such as west.mesh", trustDomains.get(i));
            }
            notIdentities = checkedIdentities(notIdentities, "notIdentities");
            notNamespaces = checkedNamespaces(notNamespaces, "notNamespaces");
        }
    }

    /**
     * What is called. Every list that is not empty must match.
     *
     * @param methods HTTP methods, in upper case
     * @param paths absolute; a {@code *} at the end matches every path that starts so
     * @param ports of the service
     */
    public record To(List<String> methods, List<String> paths, List<Integer> ports) {
        public To {
            methods = List.copyOf(methods);
            paths = List.copyOf(paths);
            ports = List.copyOf(ports);
            Check.items(methods, 0, 32, "methods");
            Check.items(paths, 0, Check.MAX_ITEMS, "paths");
            Check.items(ports, 0, 64, "ports");
            for (int i = 0; i < methods.size(); i++) {
                Check.that(METHOD.matcher(methods.get(i)).matches(), "methods[" + i + "]",
                        "an HTTP method in upper case", methods.get(i));
            }
            for (int i = 0; i < paths.size(); i++) {
                Check.text(paths.get(i), "paths[" + i + "]");
                Check.that(paths.get(i).startsWith("/") && starAtEndOnly(paths.get(i)), "paths[" + i + "]",
                        "a path that starts with / and may end with *", paths.get(i));
            }
            for (int i = 0; i < ports.size(); i++) {
                Check.port(ports.get(i), "ports[" + i + "]");
            }
        }
    }

    private static final Pattern METHOD = Pattern.compile("[A-Z][A-Z-]{0,31}");
    private static final Pattern TRUST_DOMAIN = Pattern.compile("[a-z0-9._-]{1,255}");

    public ServiceName service() {
        return new ServiceName(spec.service, metadata.namespace());
    }

    @Override
    public AccessPolicy withMetadata(Metadata other) {
        return new AccessPolicy(other, spec);
    }

    private static List<String> checkedIdentities(List<String> items, String field) {
        Check.items(items, 0, Check.MAX_ITEMS, field);
        for (int i = 0; i < items.size(); i++) {
            Check.that(isIdentity(items.get(i)), field + "[" + i + "]",
                    "spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICE-ACCOUNT, or a start of it and *", items.get(i));
        }
        return List.copyOf(items);
    }

    private static boolean isIdentity(String text) {
        if (text.endsWith("*")) {
            return text.startsWith("spiffe://") && starAtEndOnly(text) && text.length() <= 2048;
        }
        try {
            SpiffeId.parse(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<String> checkedNamespaces(List<String> items, String field) {
        Check.items(items, 0, Check.MAX_ITEMS, field);
        for (int i = 0; i < items.size(); i++) {
            Check.that(DnsLabel.isValid(items.get(i)), field + "[" + i + "]", "a namespace", items.get(i));
        }
        return List.copyOf(items);
    }

    private static boolean starAtEndOnly(String text) {
        int star = text.indexOf('*');
        return star < 0 || star == text.length() - 1;
    }
}
