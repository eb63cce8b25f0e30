package dev.meshctl.control.federation;

import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What peers say of themselves while the link stands, as their gateways tell it: another bundle, other addresses. What is
 * refused is counted and changes nothing. Guarded by {@link Links}.
 */
final class PeerUpdates {
    private static final System.Logger LOG = System.getLogger(PeerUpdates.class.getName());

    private final LinkResources links;
    private final PeerBundles bundles;
    private final TrustSync trust;
    private final AuditLog audit;
    private final Counters counters;

    PeerUpdates(LinkResources links, PeerBundles bundles, TrustSync trust, AuditLog audit, Counters counters) {
        this.links = links;
        this.bundles = bundles;
        this.trust = trust;
        this.audit = audit;
        this.counters = counters;
    }

    void bundle(BundleUpdate update) {
        Optional<MeshLink> link = links.of(update.getPeer());
        if (link.isEmpty() || !LinkResources.trustDomain(link.get()).name().equals(update.getTrustDomain())) {
            counters.increment("bundle_update_of_unlinked_peer");
            return;
        }
        try {
            TrustBundle bundle = SpiffeJson.read(LinkResources.trustDomain(link.get()), update.getBundle().toByteArray());
            if (bundle.authorities().isEmpty()) {
                counters.increment("bundle_update_empty");
                return;
            }
            Optional<TrustBundle> known = bundles.of(update.getPeer());
            if (known.filter(k -> !k.equals(bundle) && k.sequence() >= bundle.sequence()).isPresent()) {
                // Of several gateways one may have heard less, and each says all that it knows whenever it connects.
                counters.increment("bundle_update_not_newer");
            } else if (known.filter(bundle::equals).isEmpty()) {
                bundles.put(update.getPeer(), bundle);
                trust.put(bundle);
                audit.record("gateway", "updated", "bundle of " + update.getTrustDomain());
                links.changed();
            }
        } catch (IllegalArgumentException e) {
            counters.increment("bundle_update_invalid");
        } catch (IOException e) {
            counters.increment("bundle_update_not_stored");
            LOG.log(System.Logger.Level.WARNING, "the new bundle of {0} is not in use: {1}", update.getTrustDomain(),
                    e.getMessage());
        }
    }

    void addresses(AddressUpdate update) {
        Optional<MeshLink> link = links.of(update.getPeer());
        if (link.isEmpty()) {
            counters.increment("address_update_of_unlinked_peer");
            return;
        }
        MeshLink.Spec spec = link.get().spec();
        try {
            List<String> next = PeerPlaces.next(spec.addresses(), update.getAddressesList(), update.getWorking());
            if (next.equals(spec.addresses())) {
                return;
            }
            // For no certain version: a status may be written at the same time.
            links.put(new MeshLink(link.get().metadata().withResourceVersion(""),
                    new MeshLink.Spec(spec.trustDomain(), next, spec.dialer(), spec.staleGrace()), link.get().status()));
            audit.record("gateway", "updated", "addresses of MeshLink " + update.getPeer());
            links.changed();
        } catch (IllegalArgumentException e) {
            counters.increment("address_update_invalid");
        } catch (IOException e) {
            // The gateway says it again.
            counters.increment("address_update_not_stored");
            LOG.log(System.Logger.Level.WARNING, "the new addresses of {0} are not in use yet: {1}", update.getPeer(),
                    e.getMessage());
        }
    }
}
