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
 * bundles. A note that is left over means nothing while there is a link; it is removed as soon as that is possible.
 */
final class EndedTrust {
    private static final System.Logger LOG = System.getLogger(EndedTrust.class.getName());

    private final LinkFiles files;
    private final TrustSync trust;
    private final Counters counters;
    private final Set<TrustDomain> ended = ConcurrentHashMap.newKeySet();
    /** Of which a note is left that nobody needs. */
    private final Set<TrustDomain> leftOver = ConcurrentHashMap.newKeySet();

    EndedTrust(LinkFiles files, TrustSync trust, Counters counters) {
        this.files = files;
        this.trust = trust;
        this.counters = counters;
    }

    /** Takes over what is noted; a trust domain that is linked has not ended. */
    void load(List<MeshLink> links) throws IOException {
        ended.addAll(files.removals());
        links.forEach(link -> {
            if (ended.remove(LinkResources.trustDomain(link))) {
                leftOver.add(LinkResources.trustDomain(link));
            }
        });
    }

    /** Removes notes that are left over. To be called every now and then. */
    void tidy() {
        leftOver.forEach(this::forgetNote);
    }

    /** Another replica leads, and has the notes. */
    void letGo() {
        leftOver.clear();
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
        leftOver.remove(trustDomain);
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
        forgetNote(trustDomain);
    }

    private void forgetNote(TrustDomain trustDomain) {
        try {
            files.forgetRemoval(trustDomain);
            leftOver.remove(trustDomain);
        } catch (IOException e) {
            counters.increment("link_removal_note_not_removed");
            if (leftOver.add(trustDomain)) {
                LOG.log(System.Logger.Level.WARNING, "the note that {0} is to be forgotten is left, and removed later: {1}",
                        trustDomain, e.getMessage());
            }
        }
    }
}
