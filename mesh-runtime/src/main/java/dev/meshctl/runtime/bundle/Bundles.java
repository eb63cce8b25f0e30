package dev.meshctl.runtime.bundle;

import dev.meshctl.api.identity.TrustDomain;
import java.util.Map;
import java.util.Optional;

/** The bundles of all trust domains that are trusted now: the own one and those of linked meshes. */
public record Bundles(Map<TrustDomain, TrustBundle> byTrustDomain) {
    public static final Bundles NONE = new Bundles(Map.of());

    public Bundles {
        byTrustDomain = Map.copyOf(byTrustDomain);
    }

    public Optional<TrustBundle> of(TrustDomain trustDomain) {
        return Optional.ofNullable(byTrustDomain.get(trustDomain));
    }
}
