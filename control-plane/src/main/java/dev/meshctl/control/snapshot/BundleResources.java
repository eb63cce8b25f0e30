package dev.meshctl.control.snapshot;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;

/** Bundles as proxies receive them. */
final class BundleResources {
    private BundleResources() {}

    static List<ConfigResource> of(Bundles bundles) {
        return bundles.byTrustDomain().values().stream().map(BundleResources::of).toList();
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
