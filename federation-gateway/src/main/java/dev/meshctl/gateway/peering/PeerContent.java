package dev.meshctl.gateway.peering;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.proto.peering.Bundle;
import dev.meshctl.api.proto.peering.ServiceRemoved;
import dev.meshctl.gateway.state.ImportStore.Kept;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a peer has said that is kept while it is away and over a restart: the services that it exports, and its bundle. What
 * it may not say is refused, counted and logged. Guarded by its {@link PeerLink}.
 */
final class PeerContent {
    private static final Logger LOG = System.getLogger(PeerContent.class.getName());

    private final PeerContext context;
    private final String peer;
    private final TrustDomain peerDomain;
    private final Imports imports;
    private @Nullable BundleUpdate bundle;
    private boolean unsaved;

    PeerContent(PeerContext context, String peer, TrustDomain peerDomain) {
        this.context = context;
        this.peer = peer;
        this.peerDomain = peerDomain;
        this.imports = new Imports(new ImportRules(peer, peerDomain));
    }

    /** Takes over what an earlier run has kept. */
    void restore(Kept kept) {
        for (ExportedService service : kept.imports().getServicesList()) {
            take(service);
        }
        unsaved = false;
        bundle = kept.bundle();
        if (bundle != null && hear(bundle.getTrustDomain(), bundle.getBundle())) {
            // The control plane has not had it when it said last what it knows, and the peer does not say it again.
            context.uplink().bundle(bundle);
        }
    }

    /** Returns whether it was taken over. */
    boolean take(ExportedService service) {
        try {
            if (imports.put(service) == Imports.Put.TAKEN_WITHOUT_ROUTES) {
                context.counters().increment("import_routes_ignored");
                LOG.log(Level.WARNING, "took " + ExportSet.keyOf(service) + " of " + peer + " over without its routes:"
                        + " they cannot be read or lead to services of other clusters");
            }
            unsaved = true;
            return true;
        } catch (ImportRules.Broken e) {
            context.counters().increment("import_refused_" + e.label());
            LOG.log(Level.WARNING, "refused a service that " + peer + " exports: " + PeerText.printable(e.getMessage()));
            return false;
        }
    }

    /** Returns whether it was known. */
    boolean remove(ServiceRemoved removed) {
        if (imports.remove(removed.getName() + "." + removed.getNamespace())) {
            unsaved = true;
            return true;
        }
        return false;
    }

    /** The peer's services are no longer to be used. */
    void drop() {
        imports.clear();
        unsaved = true;
    }

    /** What is kept beside the content has changed. */
    void touch() {
        unsaved = true;
    }

    void take(Bundle message) {
        if (!message.getTrustDomain().equals(peerDomain.name())) {
            context.counters().increment("bundle_foreign_trust_domain");
            LOG.log(Level.WARNING, "refused a bundle of \"" + PeerText.printable(message.getTrustDomain()) + "\" from " + peer
                    + ", which may speak for " + peerDomain + " only");
            return;
        }
        if (hear(message.getTrustDomain(), message.getSpiffeJson())) {
            bundle = BundleUpdate.newBuilder().setPeer(peer).setTrustDomain(peerDomain.name())
                    .setBundle(message.getSpiffeJson()).build();
            unsaved = true;
            context.uplink().bundle(bundle);
        }
    }

    private boolean hear(String domain, ByteString json) {
        try {
            TrustBundle heard = SpiffeJson.read(new TrustDomain(domain), json.toByteArray());
            if (heard.authorities().isEmpty() || !heard.trustDomain().equals(peerDomain)) {
                context.counters().increment("bundle_empty");
                return false;
            }
            boolean newer = context.bundles().heard(heard);
            if (!newer) {
                context.counters().increment("bundle_not_newer");
            }
            return newer;
        } catch (IllegalArgumentException e) {
            context.counters().increment("bundle_unreadable");
            LOG.log(Level.WARNING, "refused a bundle from " + peer + ": " + PeerText.printable(e.getMessage()));
            return false;
        }
    }

    /** The services that are known, with their versions, for the peer to send only what differs. */
    Map<String, String> versions() {
        return imports.versions();
    }

    /** For the control plane. */
    PeerImports imports(boolean stale, boolean dropped) {
        return PeerImports.newBuilder().setPeer(peer).setStale(stale).setDropped(dropped)
                .addAllServices(imports.all()).build();
    }

    /** Whether it has changed since {@link #keep}. */
    boolean isUnsaved() {
        return unsaved;
    }

    /** For the disk. */
    Kept keep(boolean stale, boolean dropped) {
        unsaved = false;
        return new Kept(imports(stale, dropped), bundle);
    }
}
