package dev.meshctl.trust.server;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.bundle.BundleKeeper;
import java.util.TreeMap;

/** Bundles as wire messages, and back. */
final class BundleMessages {
    private BundleMessages() {}

    static BundleSet set(BundleKeeper.Version version) {
        BundleSet.Builder set = BundleSet.newBuilder().setVersion(version.number());
        new TreeMap<>(version.bundles().byTrustDomain()).forEach((trustDomain, bundle) ->
                set.addBundles(TrustDomainBundle.newBuilder()
                        .setTrustDomain(trustDomain.name())
                        .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(bundle)))));
        return set.build();
    }

    static TrustBundle bundle(TrustDomainBundle message) throws Refusal {
        try {
            return SpiffeJson.read(
                    new TrustDomain(message.getTrustDomain()), message.getSpiffeJson().toByteArray());
        } catch (IllegalArgumentException e) {
            throw new Refusal(Kind.INVALID, "bundle_malformed", String.valueOf(e.getMessage()));
        }
    }

    static TrustDomain trustDomain(String name) throws Refusal {
        try {
            return new TrustDomain(name);
        } catch (IllegalArgumentException e) {
            throw new Refusal(Kind.INVALID, "trust_domain_malformed", String.valueOf(e.getMessage()));
        }
    }
}
