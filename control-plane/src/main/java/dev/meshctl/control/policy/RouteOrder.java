package dev.meshctl.control.policy;

import dev.meshctl.api.resource.HttpRoute;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * One match of one rule and its precedence over others of the same service: exact path, regular expression,
 * longest prefix; method; most headers; most query parameters; older route; name of the route; order in it.
 * The specification leaves the place of regular expressions open.
 *
 * @param match empty: everything
 * @see <a href="https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule">Gateway API, HTTPRouteRule.matches</a>
 */
record RouteOrder(Attached<HttpRoute> attached, int ruleIndex, Optional<HttpRoute.Match> match) {
    static final Comparator<RouteOrder> PRECEDENCE = Comparator.comparingInt(RouteOrder::pathClass)
            .thenComparing(Comparator.comparingInt(RouteOrder::pathLength).reversed())
            .thenComparing(Comparator.comparing(RouteOrder::hasMethod).reversed())
            .thenComparing(Comparator.comparingInt(RouteOrder::headers).reversed())
            .thenComparing(Comparator.comparingInt(RouteOrder::queryParams).reversed())
            .thenComparing(RouteOrder::attached, Attached.PRECEDENCE);

    HttpRoute.Rule rule() {
        return attached.route().spec().rules().get(ruleIndex);
    }

    private int pathClass() {
        return switch (match.flatMap(HttpRoute.Match::path).map(HttpRoute.PathMatch::type)
                .orElse(HttpRoute.PathMatchType.PATH_PREFIX)) {
            case EXACT -> 0;
            case REGULAR_EXPRESSION -> 1;
            case PATH_PREFIX -> 2;
        };
    }

    private int pathLength() {
        return match.flatMap(HttpRoute.Match::path).map(path -> path.value().length()).orElse(1);
    }

    private boolean hasMethod() {
        return match.map(m -> !m.method().isEmpty()).orElse(false);
    }

    private int headers() {
        return match.map(HttpRoute.Match::headers).map(List::size).orElse(0);
    }

    private int queryParams() {
        return match.map(HttpRoute.Match::queryParams).map(List::size).orElse(0);
    }
}
