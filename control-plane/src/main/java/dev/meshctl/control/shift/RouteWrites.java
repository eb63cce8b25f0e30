package dev.meshctl.control.shift;

import static java.lang.System.Logger.Level.WARNING;

import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.Route;
import dev.meshctl.api.resource.TrafficShift;
import dev.meshctl.control.store.WriteRefused;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Writes the weights of shifts into routes, and tells when that goes on to be in vain. What has been in vain is forgotten with
 * the process, and when a shift comes to another weight.
 */
final class RouteWrites {
    /** Looks, one each second, that may find that a write was in vain. */
    static final int MAX_IN_VAIN = 10;
    /** How often weights are put back while a shift stays at one weight. */
    static final int MAX_PUT_BACK = 5;

    /** How long only one version must run before a rule is put back: one that is rolled out anew may be away for a while. */
    static final Duration PUT_BACK_AFTER = Duration.ofMinutes(10);

    private static final System.Logger LOG = System.getLogger(RouteWrites.class.getName());

    private final ShiftStore store;
    private final Consumer<String> count;
    private final Map<ResourceKey, InVain> inVain = new HashMap<>();
    private final Map<ResourceKey, Alone> alone = new HashMap<>();

    /** Since when no other version of the shift's service runs. */
    private record Alone(Set<String> version, Instant since) {}

    /** How often since a shift has its weight. */
    private record InVain(int weight, int writes, int putBack) {
        InVain written() {
            return new InVain(weight, writes + 1, putBack);
        }

        InVain overwritten() {
            return new InVain(weight, writes, putBack + 1);
        }
    }

    /** What became of a write. */
    sealed interface Result {
        /** The routes say the weights. */
        record Done() implements Result {}

        /** To be tried again. */
        record Again() implements Result {}

        /** There is no use in trying. */
        record Failed(Failure failure, String reason) implements Result {}
    }

    RouteWrites(ShiftStore store, Consumer<String> count) {
        this.store = store;
        this.count = count;
    }

    RouteWeights.Plan plan(TrafficShift shift, int percent) {
        return RouteWeights.plan(shift, store.routes(shift.service()),
                store.route(shift.metadata().namespace(), shift.spec().service()), percent);
    }

    /** Brings the routes to the weight of the shift. */
    Result write(TrafficShift shift) throws IOException {
        return switch (plan(shift, shift.status().weight())) {
            case RouteWeights.Plan.Impossible(String reason) -> new Result.Failed(Failure.NOTHING_TO_SHIFT, reason);
            case RouteWeights.Plan.Write(List<Route> routes) -> write(shift, routes);
        };
    }

    private Result write(TrafficShift shift, List<Route> routes) throws IOException {
        for (Route route : routes) {
            try {
                if (!store.putRoute(route)) {
                    count.accept("route_changed_meanwhile");
                    return again(shift, Failure.ROUTE_CONTESTED, "somebody else changed %s each of the %d times that the weights were to be"
                            .formatted(route.key(), MAX_IN_VAIN) + " written into it; find out who does, then meshctl traffic resume");
                }
            } catch (WriteRefused e) {
                count.accept("route_refused");
                return again(shift, Failure.ROUTE_REFUSED, String.valueOf(e.getMessage()));
            }
        }
        return new Result.Done();
    }

    private Result again(TrafficShift shift, Failure failure, String reason) {
        InVain now = inVain(shift).written();
        inVain.put(shift.key(), now);
        return now.writes() < MAX_IN_VAIN ? new Result.Again() : new Result.Failed(failure, reason);
    }

    private InVain inVain(TrafficShift shift) {
        InVain known = inVain.get(shift.key());
        return known != null && known.weight() == shift.status().weight() ? known : new InVain(shift.status().weight(), 0, 0);
    }

    /** Puts the weights back where somebody else has changed them, a few times. */
    Result reassert(TrafficShift shift) throws IOException {
        if (!(plan(shift, shift.status().weight()) instanceof RouteWeights.Plan.Write(List<Route> routes)) || routes.isEmpty()) {
            return new Result.Done();
        }
        InVain now = inVain(shift).overwritten();
        inVain.put(shift.key(), now);
        if (now.putBack() > MAX_PUT_BACK) {
            return new Result.Failed(Failure.ROUTE_CONTESTED, ("somebody else took the weights out of %s again, each of the %d times that they"
                    + " were put back; let it leave the weights of backendRefs alone, then meshctl traffic resume")
                    .formatted(routes.getFirst().key(), MAX_PUT_BACK));
        }
        count.accept("weights_put_back");
        LOG.log(WARNING, "{0} puts its weights back into {1}; roll back or delete the shift to set others",
                shift.key(), routes.getFirst().key());
        return write(shift, routes);
    }

    /** The user says to try again. */
    void forget(ResourceKey shift) {
        inVain.remove(shift);
    }

    void keepOnly(Set<ResourceKey> shifts) {
        inVain.keySet().retainAll(shifts);
        alone.keySet().retainAll(shifts);
    }

    /** Another version may run again while nobody looks: how long one has run alone is to be counted anew. */
    void startOver(ResourceKey shift) {
        alone.remove(shift);
    }

    /** Puts rules back that an ended shift had taken over, once that makes no difference. */
    void putBack(TrafficShift ended, Instant now) throws IOException {
        List<Route> taken = store.routes(ended.service()).stream()
                .filter(route -> route.metadata().annotations().containsKey(TakenOver.ANNOTATION)).toList();
        Set<String> running = taken.isEmpty() ? Set.of() : store.versions(ended.service());
        if (running.size() != 1) {
            alone.remove(ended.key());
            return;
        }
        Alone since = alone.compute(ended.key(), (key, known) ->
                known != null && known.version().equals(running) ? known : new Alone(running, now));
        if (now.isBefore(since.since().plus(PUT_BACK_AFTER))) {
            return;
        }
        for (Route route : taken) {
            Optional<Route> restored = TakenOver.restored(route, ended.service(), running);
            if (restored.isPresent() && store.putRoute(restored.get())) {
                count.accept("rule_put_back");
            }
        }
    }
}
