package dev.meshctl.control.snapshot;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/** Bundles as proxies receive them. */
final class BundleResources {
    private BundleResources() {}

    /** @param untrusted trust domains to leave out, because their link has ended */
    static List<ConfigResource> of(Bundles bundles, Set<TrustDomain> untrusted) {
        return bundles.byTrustDomain().values().stream()
                .filter(b -> !untrusted.contains(b.trustDomain()))
                .map(BundleResources::of)
                .toList();
    }

    private static ConfigResource of(TrustBundle bundle) {
        Bundle.Builder message = Bundle.newBuilder()
                .setTrustDomain(bundle.trustDomain().name())
                .setSequence(bundle.sequence())
                .setRefreshHintSeconds(Math.toIntExact(Math.min(bundle.refreshHint().toSeconds(), Integer.MAX_VALUE)));
        bundle.authorities().forEach(a -> message.addCaCertificates(der(a)));
        return ConfigResource.of(ConfigType.BUNDLE, bundle.trustDomain().name(), message.build());
    }

    private static ByteString der(X509Certificate authority) {
        try {
            return ByteString.copyFrom(authority.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was parsed has no DER form", e);
        }
    }
}
