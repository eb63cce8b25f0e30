package dev.meshctl.api.resource;

import java.util.List;

/**
 * How the connections to a port of a service are shared out among backends, with a Service as parent (GAMMA): opaque
 * bytes, whatever they are. Of several TCPRoutes for a port the oldest takes effect, then the first by name; of several
 * rules the first.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#tcproute">Gateway API, TCPRoute</a>
 */
public record TcpRoute(Metadata metadata, Spec spec) implements Route {

    /**
     * The rules and whom they are for.
     *
     * @param parentRefs 1 to 32
     * @param rules 1 to 16; a rule has no condition, so those after the first are never reached
     */
    public record Spec(List<ParentRef> parentRefs, List<ConnectionRule> rules) {
        public Spec {
            parentRefs = List.copyOf(parentRefs);
            rules = List.copyOf(rules);
            Check.items(parentRefs, 1, 32, "parentRefs");
            Check.items(rules, 1, ConnectionRule.MAX_RULES, "rules");
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
    public TcpRoute withBackendRefs(List<List<BackendRef>> backendRefs) {
        return new TcpRoute(metadata, new Spec(spec.parentRefs, ConnectionRule.with(spec.rules, backendRefs)));
    }

    @Override
    public boolean takesEverything(int rule) {
        return true;
    }

    @Override
    public TcpRoute withMetadata(Metadata other) {
        return new TcpRoute(other, spec);
    }
}
