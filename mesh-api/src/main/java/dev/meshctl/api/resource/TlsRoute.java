package dev.meshctl.api.resource;

import java.util.List;

/**
 * How connections on which an application itself speaks TLS are shared out, by the server name that their ClientHello
 * asks for, with a Service as parent (GAMMA). The mesh reads that name and nothing else; it decrypts nothing.
 *
 * <p>An exact name goes before one with a wildcard and the longer before the shorter, as "Characters in a matching
 * non-wildcard hostname" and "Characters in a matching hostname" of GRPCRoute say it; then the oldest route, then the
 * first by name. A connection that no route of its port takes is refused.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#tlsroute">Gateway API, TLSRoute</a>
 */
public record TlsRoute(Metadata metadata, Spec spec) implements Route {

    /**
     * The rules and whom they are for.
     *
     * @param parentRefs 1 to 32
     * @param hostnames at most 1024; one that starts with {@code *.} matches every name that ends so; none, which only
     *     versions before v1 allow, matches every server name and also a ClientHello without one
     * @param rules 1 to 16, of which v1 allows one; a rule has no condition, so those after the first are never reached
     */
    public record Spec(List<ParentRef> parentRefs, List<String> hostnames, List<ConnectionRule> rules) {
        public Spec {
            parentRefs = List.copyOf(parentRefs);
            hostnames = List.copyOf(hostnames);
            rules = List.copyOf(rules);
            Check.items(parentRefs, 1, 32, "parentRefs");
            Check.items(hostnames, 0, 1024, "hostnames");
            Check.items(rules, 1, ConnectionRule.MAX_RULES, "rules");
            for (int i = 0; i < hostnames.size(); i++) {
                HttpRoute.checkPattern(hostnames.get(i), "hostnames[" + i + "]");
            }
        }
    }

    @Override
    public List<ParentRef> parentRefs() {
        return spec.parentRefs;
    }

    @Override
    public List<List<BackendRef>> backendRefs() {
        return ConnectionRule.backendRefs(spec.rules);
    }

    @Override
    public TlsRoute withBackendRefs(List<List<BackendRef>> backendRefs) {
        return new TlsRoute(metadata, new Spec(spec.parentRefs, spec.hostnames, ConnectionRule.with(spec.rules, backendRefs)));
    }

    @Override
    public boolean takesEverything(int rule) {
        return spec.hostnames.isEmpty();
    }

    @Override
    public TlsRoute withMetadata(Metadata other) {
        return new TlsRoute(other, spec);
    }
}
