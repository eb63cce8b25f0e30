package dev.meshctl.api.resource;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * How gRPC calls to a service are routed, with a Service as parent (GAMMA). The API has no timeouts and no retries for
 * it: a gRPC client says its deadline itself, and a {@link TrafficPolicy} says when a call is tried again.
 *
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#grpcroute">Gateway API, GRPCRoute</a>
 */
public record GrpcRoute(Metadata metadata, Spec spec) implements Route {
    private static final Pattern SERVICE = Pattern.compile("\\.?[A-Za-z_][A-Za-z_0-9]*(\\.[A-Za-z_][A-Za-z_0-9]*)*");
    private static final Pattern METHOD = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*");

    /**
     * The rules and whom they are for.
     *
     * @param parentRefs 1 to 32
     * @param hostnames at most 16; no effect with a Service as parent
     * @param rules 1 to 16
     */
    public record Spec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules) {
        public Spec {
            parentRefs = List.copyOf(parentRefs);
            hostnames = List.copyOf(hostnames);
            rules = List.copyOf(rules);
            Check.items(parentRefs, 1, 32, "parentRefs");
            Check.items(hostnames, 0, 16, "hostnames");
            Check.items(rules, 1, 16, "rules");
            for (int i = 0; i < hostnames.size(); i++) {
                HttpRoute.checkPattern(hostnames.get(i), "hostnames[" + i + "]");
            }
        }
    }

    /**
     * What happens to calls that any of the matches takes.
     *
     * @param matches at most 64; none takes every call
     * @param backendRefs at most 16; none answers UNAVAILABLE
     */
    public record Rule(
            @Default("") String name, List<Match> matches, List<Filter> filters, List<BackendRef> backendRefs) {
        public Rule {
            matches = List.copyOf(matches);
            filters = List.copyOf(filters);
            backendRefs = List.copyOf(backendRefs);
            Check.optionalLabel(name, "name");
            Check.items(matches, 0, 64, "matches");
            Check.items(filters, 0, 16, "filters");
            Check.items(backendRefs, 0, 16, "backendRefs");
            for (int i = 0; i < filters.size(); i++) {
                FilterType type = filters.get(i).type;
                Check.that(filters.subList(0, i).stream().noneMatch(f -> f.type == type), "filters[" + i + "].type",
                        "each filter at most once in a rule", Records.word(type));
            }
        }
    }

    /** All of the conditions must hold. */
    public record Match(Optional<MethodMatch> method, List<HttpRoute.HeaderMatch> headers) {
        public Match {
            headers = List.copyOf(headers);
            Check.items(headers, 0, 16, "headers");
        }
    }

    /**
     * Which methods: "At least one of Service and Method MUST be a non-empty string."
     *
     * @param service with its package, as in {@code shop.v1.Payments}; empty: any
     * @param method empty: any
     */
    public record MethodMatch(
            @Default("Exact") HttpRoute.ValueMatchType type, @Default("") String service, @Default("") String method) {
        public MethodMatch {
            Check.phrase(!service.isEmpty() || !method.isEmpty(), "service", "a service or a method, or both", "neither");
            Check.phrase(service.length() <= 1024, "service", "at most 1024 characters", service.length() + " characters");
            Check.phrase(method.length() <= 1024, "method", "at most 1024 characters", method.length() + " characters");
            if (type == HttpRoute.ValueMatchType.REGULAR_EXPRESSION) {
                HttpRoute.regularExpression(service, "service");
                HttpRoute.regularExpression(method, "method");
            } else {
                Check.that(service.isEmpty() || SERVICE.matcher(service).matches(), "service",
                        "a gRPC service with its package, such as shop.v1.Payments", service);
                Check.that(method.isEmpty() || METHOD.matcher(method).matches(), "method",
                        "a gRPC method, such as Charge", method);
            }
        }
    }

    public enum FilterType {
        REQUEST_HEADER_MODIFIER,
        RESPONSE_HEADER_MODIFIER
    }

    /** Exactly the field that the type names is there. */
    public record Filter(
            FilterType type,
            Optional<HttpRoute.HeaderModifier> requestHeaderModifier,
            Optional<HttpRoute.HeaderModifier> responseHeaderModifier) {
        public Filter {
            present(requestHeaderModifier, type == FilterType.REQUEST_HEADER_MODIFIER, "requestHeaderModifier", type);
            present(responseHeaderModifier, type == FilterType.RESPONSE_HEADER_MODIFIER, "responseHeaderModifier", type);
        }

        private static void present(Optional<?> value, boolean wanted, String field, FilterType type) {
            Check.phrase(value.isPresent() == wanted, field,
                    (wanted ? "a value for" : "nothing beside") + " type " + Records.word(type), wanted ? "none" : "a value");
        }
    }

    @Override
    public List<ParentRef> parentRefs() {
        return spec.parentRefs;
    }

    @Override
    public List<List<BackendRef>> backendRefs() {
        return spec.rules.stream().map(Rule::backendRefs).toList();
    }

    @Override
    public GrpcRoute withBackendRefs(List<List<BackendRef>> backendRefs) {
        List<Rule> rules = IntStream.range(0, spec.rules.size()).mapToObj(i -> {
            Rule rule = spec.rules.get(i);
            return new Rule(rule.name, rule.matches, rule.filters, backendRefs.get(i));
        }).toList();
        return new GrpcRoute(metadata, new Spec(spec.parentRefs, spec.hostnames, rules));
    }

    @Override
    public boolean takesEverything(int rule) {
        return spec.rules.get(rule).matches.isEmpty();
    }

    @Override
    public GrpcRoute withMetadata(Metadata other) {
        return new GrpcRoute(other, spec);
    }
}
