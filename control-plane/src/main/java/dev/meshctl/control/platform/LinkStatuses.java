package dev.meshctl.control.platform;

import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Writes the states of links into their resources, at most once a minute where only the time has changed. */
final class LinkStatuses {
    private static final System.Logger LOG = System.getLogger(LinkStatuses.class.getName());
    private static final Duration REFRESH = Duration.ofMinutes(1);

    private final ResourceStore store;
    private final Supplier<List<MeshLink>> links;
    private final Counters counters;

    /** @param links with what the gateway says of them now */
    LinkStatuses(ResourceStore store, Supplier<List<MeshLink>> links, Counters counters) {
        this.store = store;
        this.links = links;
        this.counters = counters;
    }

    void look() {
        for (MeshLink link : links.get()) {
            Optional<MeshLink> stored = store.get(MeshLink.class, link.key());
            if (stored.isPresent() && differs(stored.get().status(), link.status())) {
                write(stored.get().withStatus(link.status()));
            }
        }
    }

    private void write(MeshLink link) {
        try {
            store.write(List.of(new Change.Put(link)));
        } catch (ConflictException e) {
            counters.increment("link_status_conflict");
        } catch (IOException e) {
            counters.increment("link_status_not_stored");
            LOG.log(System.Logger.Level.WARNING, "{0}: {1}", link.key(), e.getMessage());
        }
    }

    private static boolean differs(MeshLink.Status stored, MeshLink.Status now) {
        boolean said = !stored.phase().equals(now.phase()) || !stored.reason().equals(now.reason())
                || !stored.bundleDigest().equals(now.bundleDigest()) || !stored.peerVersion().equals(now.peerVersion());
        Instant seen = stored.lastSeen().orElse(Instant.EPOCH);
        return said || now.lastSeen().map(n -> n.isAfter(seen.plus(REFRESH))).orElse(false);
    }
}
