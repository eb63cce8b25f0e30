package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The bundle of each linked mesh: kept in a file beside the link, and wished for in the trust bridge. */
final class PeerBundles {
    private final LinkFiles files;
    private final TrustSync trust;
    private final Counters counters;
    private final Map<String, TrustBundle> byPeer = new ConcurrentHashMap<>();
    /** Peers whose bundle is on record until the trust bridge has it. */
    private final Set<String> untold = ConcurrentHashMap.newKeySet();

    PeerBundles(LinkFiles files, TrustSync trust, Counters counters) {
        this.files = files;
        this.trust = trust;
        this.counters = counters;
    }

    /** @throws IOException if the file cannot be understood */
    void load(MeshLink link) throws IOException {
        files.bundle(link.peer(), LinkResources.trustDomain(link)).ifPresent(bundle -> byPeer.put(link.peer(), bundle));
    }

    Optional<TrustBundle> of(String peer) {
        return Optional.ofNullable(byPeer.get(peer));
    }

    /** On disk when this returns; the trust bridge is not told yet. */
    void put(String peer, TrustBundle bundle) throws IOException {
        files.putBundle(peer, bundle);
        byPeer.put(peer, bundle);
        untold.add(peer);
    }

    void forget(String peer) {
        byPeer.remove(peer);
        untold.remove(peer);
    }

    /** Forgets what is on record; another replica may have led since. */
    void forgetRecords() {
        untold.clear();
    }

    /**
     * Goes on with a bundle that the replica that led before has not brought to the trust bridge.
     *
     * @throws IOException if its record cannot be read or understood
     */
    void takeOver(MeshLink link) throws IOException {
        TrustDomain trustDomain = LinkResources.trustDomain(link);
        files.untold(link.peer(), trustDomain).ifPresent(noted -> {
            trust.put(byPeer.merge(link.peer(), noted, (known, other) -> isNewer(other, known) ? other : known));
            untold.add(link.peer());
        });
    }

    private static boolean isNewer(TrustBundle one, TrustBundle other) {
        return !one.trustDomain().equals(other.trustDomain()) || one.sequence() > other.sequence();
    }

    /** Removes from the records what the trust bridge has. */
    void settle(Bundles ofTrustBridge) {
        for (String peer : untold) {
            TrustBundle bundle = byPeer.get(peer);
            if (bundle != null && ofTrustBridge.of(bundle.trustDomain()).filter(bundle::equals).isPresent()) {
                try {
                    files.told(peer);
                    untold.remove(peer);
                } catch (IOException e) {
                    counters.increment("link_bundle_note_not_removed"); // tried again at the next look
                }
            }
        }
    }

    /** Begins to bring them all to the trust bridge. */
    void tellTrustBridge() {
        byPeer.values().forEach(trust::put);
    }

    /** Those of these trust domains: as the trust bridge knows them, otherwise as the link was made. */
    Map<TrustDomain, TrustBundle> of(List<MeshLink> links, Bundles ofTrustBridge) {
        Map<TrustDomain, TrustBundle> all = new HashMap<>();
        for (MeshLink link : links) {
            TrustDomain trustDomain = LinkResources.trustDomain(link);
            ofTrustBridge.of(trustDomain).or(() -> of(link.peer()).filter(b -> b.trustDomain().equals(trustDomain)))
                    .ifPresent(bundle -> all.put(trustDomain, bundle));
        }
        return all;
    }

    /**
     * Takes from the trust bridge the bundles that another replica has brought there. What the replica that leads has heard itself
     * may still be on its way there: it takes only what is newer.
     */
    void adopt(List<MeshLink> links, Bundles ofTrustBridge, boolean leads) {
        for (MeshLink link : links) {
            ofTrustBridge.of(LinkResources.trustDomain(link)).ifPresent(told -> byPeer.merge(link.peer(), told, (own, other) ->
                    leads && !isNewer(other, own) ? own : other));
        }
    }

    /** Gives the trust bridge back the bundles of links that it has lost. */
    void restore(List<MeshLink> links, Bundles ofTrustBridge) {
        for (MeshLink link : links) {
            of(link.peer()).filter(bundle -> bundle.trustDomain().equals(LinkResources.trustDomain(link)))
                    .filter(bundle -> ofTrustBridge.of(bundle.trustDomain()).isEmpty()).ifPresent(trust::put);
        }
    }
}
