package dev.meshctl.cli.command.resource;

import dev.meshctl.api.resource.Kind;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.connect.Listing;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What is chosen of one cluster, and what of it is other than at the last look. The control plane follows the API server, with
 * all that breaks there; here it is asked whether anything differs. Used by one thread at a time.
 */
final class ClusterWatch {
    private final ControlPlane plane;
    private final List<Wanted> wanted;
    private final String namespace;
    private final Predicate<Found> selected;
    private final Map<Kind, Known> known = new LinkedHashMap<>();

    private record Known(String digest, Map<String, Found> resources) {}

    /**
     * Looks at nothing yet.
     *
     * @param namespace empty for all
     */
    ClusterWatch(ControlPlane plane, List<Wanted> wanted, String namespace, Predicate<Found> selected) {
        this.plane = plane;
        this.wanted = wanted;
        this.namespace = namespace;
        this.selected = selected;
    }

    ControlPlane plane() {
        return plane;
    }

    String cluster() {
        return plane.cluster().name();
    }

    /**
     * Looks once.
     *
     * @return what has come, changed or gone since the last look; at the first one all there is
     * @throws dev.meshctl.cli.CliError if the control plane does not answer; what it said before stays known
     */
    List<Found> changes() {
        List<Found> changes = new ArrayList<>();
        for (Wanted each : wanted) {
            Known before = known.getOrDefault(each.kind(), new Known("", Map.of()));
            Optional<Listing> listing = plane.list(each.kind().name(), namespace, before.digest());
            if (listing.isPresent()) {
                Map<String, Found> now = chosen(each, listing.get());
                now.forEach((key, found) -> {
                    Found old = before.resources().get(key);
                    if (old == null || found.differsFrom(old)) {
                        changes.add(found);
                    }
                });
                before.resources().forEach((key, found) -> {
                    if (!now.containsKey(key)) {
                        changes.add(found.deleted());
                    }
                });
                known.put(each.kind(), new Known(listing.get().digest(), now));
            }
        }
        return changes;
    }

    private Map<String, Found> chosen(Wanted each, Listing listing) {
        Map<String, Found> chosen = new LinkedHashMap<>();
        listing.resources().stream().map(listed -> Found.of(cluster(), each.kind(), listed))
                .filter(found -> each.names().isEmpty() || each.names().contains(found.name()))
                .filter(selected).forEach(found -> chosen.put(found.key(), found));
        return chosen;
    }
}
