package dev.meshctl.control.shift;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.resource.BackendRef;
import dev.meshctl.api.resource.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rules that named the service itself before a shift wrote versions into them. They are put back when that changes nothing
 * any more: when the only version that still runs is the one that has all the traffic. Before, the version that a shift has
 * just taken out of the traffic would be back in it.
 */
final class TakenOver {
    /** Annotation of a route: numbers of its rules, from 0, joined by commas. */
    static final String ANNOTATION = "meshctl.dev/taken-over-by-shift";

    private TakenOver() {}

    static Route mark(Route route, List<Integer> rules) {
        Map<String, String> annotations = new TreeMap<>(route.metadata().annotations());
        annotations.put(ANNOTATION, rules.stream().map(String::valueOf).collect(Collectors.joining(",")));
        return route.withMetadata(route.metadata().withAnnotations(annotations));
    }

    /**
     * The route as it was; empty if it is not yet, or no more, one to be put back.
     *
     * @param running versions of the service that have a workload
     */
    static Optional<Route> restored(Route route, ServiceName service, Set<String> running) {
        Set<String> rules = Stream.of(route.metadata().annotations().getOrDefault(ANNOTATION, "").split(","))
                .collect(Collectors.toSet());
        List<List<BackendRef>> all = new ArrayList<>(route.backendRefs());
        boolean changed = false;
        for (int rule = 0; rule < all.size(); rule++) {
            if (rules.contains(String.valueOf(rule)) && isSettled(all.get(rule), running)) {
                all.set(rule, List.of(new BackendRef(
                        "", "Service", service.name(), "", all.get(rule).getFirst().port(), 1)));
                changed = true;
            }
        }
        return changed ? Optional.of(unmarked(route).withBackendRefs(all)) : Optional.empty();
    }

    /** One version has everything, and no other runs. What somebody has written there since is not touched. */
    private static boolean isSettled(List<BackendRef> refs, Set<String> running) {
        List<BackendRef> live = refs.stream().filter(ref -> ref.weight() > 0).toList();
        return refs.size() > 1 && refs.stream().allMatch(BackendRef::isVersion)
                && live.size() == 1 && running.equals(Set.of(live.getFirst().name()));
    }

    private static Route unmarked(Route route) {
        Map<String, String> annotations = new TreeMap<>(route.metadata().annotations());
        annotations.remove(ANNOTATION);
        return route.withMetadata(route.metadata().withAnnotations(annotations));
    }
}
