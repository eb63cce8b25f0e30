package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Trust domains of links that have ended, noted from before the link is removed until the trust bridge has forgotten their
 * bundles. A note that is left over is carried out at the next start, and means nothing while there is a link.
 */
final class EndedTrust {
    private static final System.Logger LOG = System.getLogger(EndedTrust.class.getName());

    private final LinkFiles files;
    private final TrustSync trust;
    private final Counters counters;
    private final Set<TrustDomain> ended = ConcurrentHashMap.newKeySet();

    EndedTrust(LinkFiles files, TrustSync trust, Counters counters) {
        this.files = files;
        this.trust = trust;
        this.counters = counters;
    }

    /** Takes over what is noted; a trust domain that is linked has not ended. */
    void load(List<MeshLink> links) throws IOException {
        ended.addAll(files.removals());
        links.forEach(link -> ended.remove(LinkResources.trustDomain(link)));
    }

    Set<TrustDomain> all() {
        return Set.copyOf(ended);
    }

    /** Begins to have the trust bridge forget them. */
    void tellTrustBridge() {
        ended.forEach(trust::remove);
    }

    /** Noted on disk when this returns. */
    void note(TrustDomain trustDomain) throws IOException {
        files.noteRemoval(trustDomain);
    }

    void end(TrustDomain trustDomain) {
        ended.add(trustDomain);
    }

    /** It is linked again. */
    void revoke(TrustDomain trustDomain) {
        if (ended.contains(trustDomain)) {
            forgotten(trustDomain);
        }
    }

    /** The trust bridge has forgotten it. */
    void forgotten(TrustDomain trustDomain) {
        ended.remove(trustDomain);
        try {
            files.forgetRemoval(trustDomain);
        } catch (IOException e) {
            counters.increment("link_removal_note_not_removed");
            LOG.log(System.Logger.Level.WARNING, "the note that {0} is to be forgotten is left: {1}", trustDomain, e.getMessage());
        }
    }
}
