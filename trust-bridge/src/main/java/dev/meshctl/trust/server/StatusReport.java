package dev.meshctl.trust.server;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.Authority;
import dev.meshctl.api.proto.trust.BundleStatus;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HexFormat;
import java.util.TreeMap;
import java.util.function.Supplier;

/** What {@code trust status} shows. */
final class StatusReport implements Supplier<TrustStatus> {
    private final TrustDomain own;
    private final CertificateAuthority authority;
    private final BundleKeeper bundles;
    private final Issuance issuance;
    private final Counters refusals;
    private final ProcessDescription process;
    private final Instant started;

    StatusReport(
            TrustDomain own, CertificateAuthority authority, BundleKeeper bundles, Issuance issuance,
            Counters refusals, ProcessDescription process, Instant started) {
        this.own = own;
        this.authority = authority;
        this.bundles = bundles;
        this.issuance = issuance;
        this.refusals = refusals;
        this.process = process;
        this.started = started;
    }

    @Override
    public TrustStatus get() {
        TrustStatus.Builder status = TrustStatus.newBuilder()
                .setTrustDomain(own.name())
                .addAuthorities(authority("root", authority.rootCertificate()))
                .addAuthorities(authority("issuing", authority.issuingCertificate()))
                .setSvidsIssued(issuance.issued())
                .putAllRefusals(refusals.snapshot())
                .addAllRecent(issuance.recent())
                .setStartedEpochSeconds(started.getEpochSecond())
                .setSvidTtlSeconds((int) issuance.ttl().toSeconds())
                .setNode(process.node())
                .setVersion(process.version());
        new TreeMap<>(bundles.current().byTrustDomain()).values().forEach(bundle -> status.addBundles(bundle(bundle)));
        return status.build();
    }

    private BundleStatus bundle(TrustBundle bundle) {
        return BundleStatus.newBuilder()
                .setTrustDomain(bundle.trustDomain().name())
                .setSequence(bundle.sequence())
                .setAuthorities(bundle.authorities().size())
                .setEarliestNotAfterEpochSeconds(bundle.authorities().stream()
                        .mapToLong(certificate -> certificate.getNotAfter().toInstant().getEpochSecond())
                        .min()
                        .orElse(0))
                .setDigestSha256(SpiffeJson.digest(bundle))
                .setUpdatedEpochSeconds(bundles.updated(bundle.trustDomain()).getEpochSecond())
                .build();
    }

    private static Authority authority(String kind, X509Certificate certificate) {
        return Authority.newBuilder()
                .setKind(kind)
                .setSubject(certificate.getSubjectX500Principal().getName())
                .setNotBeforeEpochSeconds(certificate.getNotBefore().toInstant().getEpochSecond())
                .setNotAfterEpochSeconds(certificate.getNotAfter().toInstant().getEpochSecond())
                .setFingerprintSha256(fingerprint(certificate))
                .build();
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a certificate in use has a DER form", e);
        }
    }
}
