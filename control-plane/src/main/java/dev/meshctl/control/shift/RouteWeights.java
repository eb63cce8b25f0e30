package dev.meshctl.control.shift;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.BackendRef;
import dev.meshctl.api.resource.HttpRoute;
import dev.meshctl.api.resource.HttpRoute.Rule;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ParentRef;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Puts a shift's weights into the routes of its service. Of routes that users have made only the weights of
 * the two versions are touched, in rules that name both, or, if there is none, in those that name the
 * old one; or else rules are taken over whose only backend is the service itself. Where there is no route at all, one named
 * as the service is made.
 */
final class RouteWeights {
    /** Annotation of routes that a shift has made. */
    static final String MADE_BY = "meshctl.dev/made-by-shift";

    private static final int MAX_WEIGHT = 1_000_000;

    private final ServiceName service;
    private final String from;
    private final String to;
    private final int percent;

    /** What must be written, or why it cannot be. */
    sealed interface Plan {
        /** Routes to be stored; none if all is so already. */
        record Write(List<Route> routes) implements Plan {}

        record Impossible(String reason) implements Plan {}
    }

    private RouteWeights(TrafficShift shift, int percent) {
        this.service = shift.service();
        this.from = shift.spec().from();
        this.to = shift.spec().to();
        this.percent = percent;
    }

    /**
     * Plans the writes.
     *
     * @param routes those, of any kind, with the service as a parent
     * @param named the HTTPRoute that has the service's name, whatever its parents
     * @param percent for the new version
     */
    static Plan plan(TrafficShift shift, List<Route> routes, Optional<HttpRoute> named, int percent) {
        RouteWeights weights = new RouteWeights(shift, percent);
        List<List<BackendRef>> rules = routes.stream().flatMap(route -> route.backendRefs().stream()).toList();
        boolean both = rules.stream().anyMatch(refs -> weights.names(refs, weights.from) && weights.names(refs, weights.to));
        boolean any = rules.stream().anyMatch(refs -> weights.names(refs, weights.from));
        if (any) {
            return new Plan.Write(routes.stream().map(route -> weights.edit(route, both))
                    .filter(edited -> !routes.contains(edited)).toList());
        }
        if (rules.stream().anyMatch(weights::isServiceItself)) {
            return new Plan.Write(routes.stream().map(weights::takeOver).filter(taken -> !routes.contains(taken)).toList());
        }
        Optional<Route> inTheWay = routes.stream().filter(RouteWeights::isInTheWay).findFirst().or(() -> named);
        return inTheWay.<Plan>map(route -> new Plan.Impossible(("%s has no rule with a backendRef of kind Version named %s,"
                        + " and none whose only backend is the service itself, so there are no weights to shift; add one, or delete the"
                        + " route").formatted(route.key(), weights.from)))
                .orElseGet(() -> new Plan.Write(List.of(weights.fresh(shift))));
    }

    /** Beside one of another kind a new HTTPRoute would have no effect, or end that of the other. */
    private static boolean isInTheWay(Route route) {
        return !(route instanceof HttpRoute)
                || IntStream.range(0, route.backendRefs().size()).anyMatch(route::takesEverything);
    }

    private boolean isServiceItself(List<BackendRef> refs) {
        return refs.size() == 1 && isServiceItself(refs.getFirst());
    }

    private boolean isServiceItself(BackendRef ref) {
        return ref.kind().equals("Service") && ref.name().equals(service.name()) && ref.weight() > 0
                && (ref.namespace().isEmpty() || ref.namespace().equals(service.namespace()));
    }

    private Route takeOver(Route route) {
        List<Integer> rules = IntStream.range(0, route.backendRefs().size())
                .filter(rule -> isServiceItself(route.backendRefs().get(rule))).boxed().toList();
        return rules.isEmpty() ? route : TakenOver.mark(route, rules).withBackendRefs(route.backendRefs().stream()
                .map(refs -> isServiceItself(refs) ? shares(refs.getFirst().port()) : refs).toList());
    }

    private List<BackendRef> shares(OptionalInt port) {
        return List.of(version(from, port, 100 - percent), version(to, port, percent));
    }

    private static BackendRef version(String version, OptionalInt port, int weight) {
        return new BackendRef(Kinds.GROUP, "Version", version, "", port, weight);
    }

    private boolean names(List<BackendRef> refs, String version) {
        return refs.stream().anyMatch(ref -> ref.isVersion() && ref.name().equals(version));
    }

    private Route edit(Route route, boolean onlyBoth) {
        return route.withBackendRefs(route.backendRefs().stream()
                .map(refs -> names(refs, from) && (!onlyBoth || names(refs, to)) ? edit(refs) : refs)
                .toList());
    }

    private List<BackendRef> edit(List<BackendRef> rule) {
        List<BackendRef> refs = new ArrayList<>(rule);
        if (!names(rule, to)) {
            int at = indexOf(refs, from);
            refs.add(at + 1, version(to, refs.get(at).port(), 0));
        }
        long share = refs.stream().filter(this::isShifted).mapToLong(BackendRef::weight).sum();
        boolean alone = refs.stream().filter(ref -> !isShifted(ref)).allMatch(ref -> ref.weight() == 0);
        if (alone) {
            return weighted(refs, 1, 100);
        }
        boolean whole = share * percent % 100 == 0;
        boolean roomy = refs.stream().allMatch(ref -> ref.weight() <= MAX_WEIGHT / 100) && share <= MAX_WEIGHT / 100;
        int factor = whole || !roomy ? 1 : 100;
        return weighted(refs, factor, share * factor);
    }

    /** The share is split between the first references of the two versions; all others keep their proportion. */
    private List<BackendRef> weighted(List<BackendRef> refs, int factor, long share) {
        int fresh = (int) (share * percent / 100);
        int firstFrom = indexOf(refs, from);
        int firstTo = indexOf(refs, to);
        List<BackendRef> weighted = new ArrayList<>();
        for (int i = 0; i < refs.size(); i++) {
            BackendRef ref = refs.get(i);
            int weight = i == firstFrom ? (int) share - fresh : i == firstTo ? fresh
                    : isShifted(ref) ? 0 : ref.weight() * factor;
            weighted.add(ref.withWeight(weight));
        }
        return weighted;
    }

    private boolean isShifted(BackendRef ref) {
        return ref.isVersion() && (ref.name().equals(from) || ref.name().equals(to));
    }

    private static int indexOf(List<BackendRef> refs, String version) {
        for (int i = 0; i < refs.size(); i++) {
            if (refs.get(i).isVersion() && refs.get(i).name().equals(version)) {
                return i;
            }
        }
        return -1;
    }

    private HttpRoute fresh(TrafficShift shift) {
        Metadata metadata = Metadata.of(service.name(), service.namespace())
                .withAnnotations(Map.of(MADE_BY, shift.metadata().name()));
        Rule rule = new Rule("", List.of(), List.of(),
                shares(OptionalInt.empty()),
                new HttpRoute.Timeouts(Optional.empty(), Optional.empty()), Optional.empty());
        return new HttpRoute(metadata, new HttpRoute.Spec(List.of(ParentRef.service(service.name())), List.of(), List.of(rule)));
    }
}
