package dev.meshctl.control.federation;

import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** What a replica that begins to lead takes over from the one that led before. Nothing where there are no replicas. */
final class Succession {
    private static final System.Logger LOG = System.getLogger(Succession.class.getName());

    private final boolean shared;
    private final LinkFiles files;
    private final JoinSecrets joining;
    private final PeerBundles bundles;
    private final EndedTrust ended;
    private final LinkResources links;
    private final Counters counters;
    private final AtomicBoolean due = new AtomicBoolean();
    private volatile boolean leading;

    /** @param shared whether there are replicas, with the same records */
    Succession(boolean shared, LinkFiles files, JoinSecrets joining, PeerBundles bundles, EndedTrust ended, LinkResources links, Counters counters) {
        this.shared = shared;
        this.files = files;
        this.joining = joining;
        this.bundles = bundles;
        this.ended = ended;
        this.links = links;
        this.counters = counters;
    }

    /** Does not block. */
    void lead(boolean leads) {
        if (shared) {
            leading = leads;
            due.set(leads);
            if (!leads) {
                joining.forgetAll();
            }
        }
    }

    /** Takes over what is still to be; tries again at the next call where the records cannot be read. */
    void takeOver() {
        if (!due.getAndSet(false)) {
            return;
        }
        try {
            joining.forgetAll();
            bundles.forgetRecords();
            for (String peer : files.secrets()) {
                unlessBroken(() -> joining.load(peer));
            }
            for (String peer : files.untold()) {
                Optional<MeshLink> link = links.of(peer);
                if (link.isPresent()) {
                    unlessBroken(() -> bundles.takeOver(link.get()));
                }
            }
            ended.load(links.all());
            ended.tellTrustBridge();
            links.changed();
        } catch (IOException | RuntimeException e) {
            due.set(leading);
            counters.increment("link_records_not_read");
            LOG.log(System.Logger.Level.WARNING, "secrets of links are not taken over yet; trying again: {0}", e.getMessage());
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    /** One record that cannot be understood keeps no other from being taken over. */
    private void unlessBroken(Step step) throws IOException {
        try {
            step.run();
        } catch (BrokenRecord e) {
            counters.increment("link_record_broken");
            LOG.log(System.Logger.Level.WARNING, "a record of links is left out: {0}", e.getMessage());
        }
    }
}
