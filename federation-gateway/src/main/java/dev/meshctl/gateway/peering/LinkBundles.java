package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The bundles this gateway trusts: the own mesh's, and that of each linked one. Of several bundles of one
 * trust domain (from the control plane, heard from the peer itself) the one with the greatest sequence counts,
 * so that a peer's rotation is followed while the control plane is away.
 */
public final class LinkBundles implements BundleSource {
    private static final Logger LOG = System.getLogger(LinkBundles.class.getName());

    private final TrustDomain own;
    private final Counters counters;
    private final Map<TrustDomain, TrustBundle> told = new HashMap<>();
    private final Map<TrustDomain, TrustBundle> heard = new HashMap<>();
    private Set<TrustDomain> linked = Set.of();
    private volatile Bundles current = Bundles.NONE;

    /** @param ownBundle what to start with, until a state brings a newer one */
    public LinkBundles(TrustDomain own, TrustBundle ownBundle, Counters counters) {
        this.own = own;
        this.counters = counters;
        heard.put(own, ownBundle);
        publish();
    }

    @Override
    public Bundles current() {
        return current;
    }

    /** The bundle of the own mesh. */
    public Optional<TrustBundle> own() {
        return current.of(own);
    }

    /** Takes over the bundles of a state; those of links that are gone are trusted no more. */
    public synchronized void apply(GatewayState state) {
        told.clear();
        if (!state.getOwnBundle().isEmpty()) {
            read(own, state.getOwnBundle().toByteArray()).ifPresent(bundle -> told.put(own, bundle));
        }
        for (Link link : state.getLinksList()) {
            domainOf(link).filter(domain -> !domain.equals(own)).ifPresent(domain ->
                    read(domain, link.getBundle().toByteArray()).ifPresent(bundle -> told.put(domain, bundle)));
        }
        linked = state.getLinksList().stream().flatMap(link -> domainOf(link).stream())
                .filter(domain -> !domain.equals(own)).collect(Collectors.toUnmodifiableSet());
        heard.keySet().removeIf(domain -> !domain.equals(own) && !linked.contains(domain));
        publish();
    }

    private static Optional<TrustDomain> domainOf(Link link) {
        try {
            return Optional.of(new TrustDomain(link.getTrustDomain()));
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // reported where links are taken over
        }
    }

    private Optional<TrustBundle> read(TrustDomain domain, byte[] json) {
        try {
            return Optional.of(SpiffeJson.read(domain, json));
        } catch (IllegalArgumentException e) {
            counters.increment("bundle_unreadable");
            LOG.log(Level.WARNING, "the control plane sent a bundle of " + domain + " that cannot be used: "
                    + e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Takes over what a peer, or the own trust bridge, says about its own trust domain.
     *
     * @return false if it is not newer than what is known, or the domain is not linked
     */
    public synchronized boolean heard(TrustBundle bundle) {
        TrustDomain domain = bundle.trustDomain();
        if (!domain.equals(own) && !linked.contains(domain)) {
            return false;
        }
        Optional<TrustBundle> known = current.of(domain);
        if (known.isPresent() && (known.get().sequence() > bundle.sequence()
                || known.get().authorities().equals(bundle.authorities()))) {
            return false;
        }
        heard.put(domain, bundle);
        publish();
        return true;
    }

    private void publish() {
        Map<TrustDomain, TrustBundle> best = new HashMap<>(told);
        heard.forEach((domain, bundle) -> best.merge(domain, bundle,
                (first, second) -> second.sequence() > first.sequence() ? second : first));
        current = new Bundles(best);
    }
}
