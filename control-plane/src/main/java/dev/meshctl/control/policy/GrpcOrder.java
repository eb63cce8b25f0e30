package dev.meshctl.control.policy;

import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.resource.GrpcRoute;
import dev.meshctl.api.resource.HttpRoute.ValueMatchType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One match of one rule of a GRPCRoute and its precedence over others of the same service: "Precedence MUST be given to
 * the rule with the largest number of: [...] Characters in a matching service. Characters in a matching method. Header
 * matches."
 *
 * @param match empty: every call
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#grpcrouterule">Gateway API, GRPCRouteRule.matches</a>
 */
record GrpcOrder(Attached<GrpcRoute> attached, int ruleIndex, Optional<GrpcRoute.Match> match) {
    static final Comparator<GrpcOrder> PRECEDENCE = Comparator.comparingInt(GrpcOrder::serviceLength).reversed()
            .thenComparing(Comparator.comparingInt(GrpcOrder::methodLength).reversed())
            .thenComparing(Comparator.comparingInt(GrpcOrder::headers).reversed())
            .thenComparing(GrpcOrder::attached, Attached.PRECEDENCE);

    private static final String ANY = "[^/]+";

    static Stream<GrpcOrder> of(Attached<GrpcRoute> attached) {
        List<GrpcRoute.Rule> rules = attached.route().spec().rules();
        return IntStream.range(0, rules.size()).boxed().flatMap(index -> {
            List<GrpcRoute.Match> matches = rules.get(index).matches();
            return (matches.isEmpty() ? Stream.of(Optional.<GrpcRoute.Match>empty()) : matches.stream().map(Optional::of))
                    .map(match -> new GrpcOrder(attached, index, match));
        });
    }

    GrpcRoute.Rule rule() {
        return attached.route().spec().rules().get(ruleIndex);
    }

    /** A call is a request for the path {@code /<service>/<method>}. */
    RouteMatch.Builder wire() {
        RouteMatch.Builder message = RouteMatch.newBuilder();
        method().ifPresent(method -> {
            if (method.type() == ValueMatchType.EXACT && method.method().isEmpty()) {
                message.setPathPrefix("/" + method.service());
            } else if (method.type() == ValueMatchType.EXACT && !method.service().isEmpty()) {
                message.setPathExact("/" + method.service() + "/" + method.method());
            } else {
                message.setPathRegex("/" + expression(method.service()) + "/" + expression(method.method()));
            }
        });
        match.ifPresent(m -> m.headers().forEach(h -> message.addHeaders(RouteCompiler.key(h.name(), h.value(), h.type()))));
        return message;
    }

    /** The characters of an exact name are no operators. */
    private static String expression(String part) {
        return part.isEmpty() ? ANY : "(?:" + part + ")";
    }

    private Optional<GrpcRoute.MethodMatch> method() {
        return match.flatMap(GrpcRoute.Match::method);
    }

    private int serviceLength() {
        return method().map(m -> m.service().length()).orElse(0);
    }

    private int methodLength() {
        return method().map(m -> m.method().length()).orElse(0);
    }

    private int headers() {
        return match.map(m -> m.headers().size()).orElse(0);
    }
}
