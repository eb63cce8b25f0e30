package dev.meshctl.runtime.tls;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.TrustBundle;
import io.netty.handler.ssl.OpenSslCertificateException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Accepts a peer whose chain leads to an authority of exactly the trust domain that its SPIFFE ID names, and
 * whose leaf obeys the rules of X509-SVID. Host names play no part.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X509-SVID, section 5</a>
 */
public final class SpiffeTrustManager extends X509ExtendedTrustManager {
    private static final int MAX_CHAIN = 5;
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final BundleSource bundles;
    private final InstantSource clock;
    private final Predicate<SpiffeId> expected;
    private final Consumer<PeerRejected> onRejected;

    /** Accepts every identity of every trust domain that has a bundle. */
    public SpiffeTrustManager(BundleSource bundles, InstantSource clock) {
        this(bundles, clock, id -> true);
    }

    /**
     * @param bundles asked at each handshake
     * @param expected the identities that are accepted, asked after the chain has been checked
     */
    public SpiffeTrustManager(BundleSource bundles, InstantSource clock, Predicate<SpiffeId> expected) {
        this(bundles, clock, expected, rejected -> {});
    }

    /** @param onRejected told of each peer that is not accepted */
    SpiffeTrustManager(
            BundleSource bundles, InstantSource clock, Predicate<SpiffeId> expected, Consumer<PeerRejected> onRejected) {
        this.bundles = bundles;
        this.clock = clock;
        this.expected = expected;
        this.onRejected = onRejected;
    }

    /**
     * Checks a chain, leaf first.
     *
     * @return the identity, proven
     * @throws PeerRejected with the cause
     */
    public SpiffeId verify(X509Certificate[] chain) throws PeerRejected {
        try {
            return check(chain);
        } catch (PeerRejected e) {
            onRejected.accept(e);
            throw e;
        }
    }

    private SpiffeId check(X509Certificate[] chain) throws PeerRejected {
        if (chain.length == 0 || chain.length > MAX_CHAIN) {
            throw new PeerRejected(
                    PeerRejected.Cause.CHAIN_INVALID,
                    "a chain of " + chain.length + " certificates; 1 to " + MAX_CHAIN + " are accepted");
        }
        X509Certificate leaf = chain[0];
        SpiffeId id = PeerCertificates.idOf(leaf);
        requireLeafOfSvid(id, leaf);
        TrustBundle bundle = bundles.current().of(id.trustDomain()).orElseThrow(() -> new PeerRejected(
                PeerRejected.Cause.UNKNOWN_TRUST_DOMAIN,
                id + " is of a trust domain that is not linked with this mesh"));
        requireSigners(id, chain);
        requirePath(id, chain, bundle);
        if (!expected.test(id)) {
            throw new PeerRejected(
                    PeerRejected.Cause.UNEXPECTED_IDENTITY, id + " is not whom this side expects or serves");
        }
        return id;
    }

    private static void requireLeafOfSvid(SpiffeId id, X509Certificate leaf) throws PeerRejected {
        if (leaf.getBasicConstraints() >= 0) {
            throw notAnSvid(id, "the leaf is the certificate of an authority");
        }
        boolean[] usage = leaf.getKeyUsage();
        if (usage == null || !usage[DIGITAL_SIGNATURE]) {
            throw notAnSvid(id, "the leaf's key usage lacks digitalSignature");
        }
        if (usage[KEY_CERT_SIGN] || usage[CRL_SIGN]) {
            throw notAnSvid(id, "the leaf's key usage allows signing certificates");
        }
        List<String> extended = extendedKeyUsage(id, leaf);
        if (extended != null && !(extended.contains(SERVER_AUTH) && extended.contains(CLIENT_AUTH))) {
            throw notAnSvid(id, "the leaf's extended key usage lacks serverAuth or clientAuth");
        }
    }

    /** An authority that names a trust domain may sign for that one only. */
    private static void requireSigners(SpiffeId id, X509Certificate[] chain) throws PeerRejected {
        String prefix = "spiffe://" + id.trustDomain();
        for (int i = 1; i < chain.length; i++) {
            for (String uri : PeerCertificates.uriSans(chain[i])) {
                if (!uri.equals(prefix) && !uri.equals(prefix + "/")) {
                    throw new PeerRejected(
                            PeerRejected.Cause.CHAIN_INVALID, id + " is signed by an authority of " + uri);
                }
            }
        }
    }

    private void requirePath(SpiffeId id, X509Certificate[] chain, TrustBundle bundle) throws PeerRejected {
        if (bundle.authorities().isEmpty()) {
            throw new PeerRejected(
                    PeerRejected.Cause.CHAIN_INVALID, "the bundle of " + id.trustDomain() + " has no authorities");
        }
        Set<TrustAnchor> anchors = new HashSet<>();
        bundle.authorities().forEach(authority -> anchors.add(new TrustAnchor(authority, null)));
        try {
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(clock.instant()));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path(chain, bundle)), parameters);
            requireAnchorInTime(id, bundle);
        } catch (CertPathValidatorException e) {
            throw new PeerRejected(causeOf(e), "chain of " + id + ": " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new PeerRejected(PeerRejected.Cause.CHAIN_INVALID, "chain of " + id + ": " + e.getMessage(), e);
        }
    }

    /** PKIX takes anchors as given, so a root past its end has to be caught here. */
    private void requireAnchorInTime(SpiffeId id, TrustBundle bundle) throws PeerRejected {
        Date now = Date.from(clock.instant());
        if (bundle.authorities().stream().noneMatch(root -> !now.after(root.getNotAfter()))) {
            throw new PeerRejected(
                    PeerRejected.Cause.EXPIRED, "every authority of " + id.trustDomain() + " is past its end");
        }
    }

    private static List<X509Certificate> path(X509Certificate[] chain, TrustBundle bundle) {
        List<X509Certificate> all = List.of(chain);
        // Some peers send the root along; a path ends before its anchor.
        boolean endsInAnchor = all.size() > 1 && bundle.authorities().contains(all.getLast());
        return endsInAnchor ? all.subList(0, all.size() - 1) : all;
    }

    private static PeerRejected.Cause causeOf(CertPathValidatorException e) {
        if (e.getReason() == BasicReason.EXPIRED) {
            return PeerRejected.Cause.EXPIRED;
        }
        return e.getReason() == BasicReason.NOT_YET_VALID
                ? PeerRejected.Cause.NOT_YET_VALID
                : PeerRejected.Cause.CHAIN_INVALID;
    }

    private static @Nullable List<String> extendedKeyUsage(SpiffeId id, X509Certificate leaf) throws PeerRejected {
        try {
            return leaf.getExtendedKeyUsage();
        } catch (GeneralSecurityException e) {
            throw new PeerRejected(
                    PeerRejected.Cause.NOT_AN_SVID, id + ": the extended key usage cannot be read", e);
        }
    }

    private static PeerRejected notAnSvid(SpiffeId id, String why) {
        return new PeerRejected(PeerRejected.Cause.NOT_AN_SVID, id + ": " + why);
    }

    /** The exception names the alert that the peer is told; without, it would be that of a fault of ours. */
    private void verifyInHandshake(X509Certificate[] chain) throws CertificateException {
        try {
            verify(chain);
        } catch (PeerRejected e) {
            throw new OpenSslCertificateException(e.getMessage(), e, e.cause().openSslError());
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        verifyInHandshake(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) throws CertificateException {
        verifyInHandshake(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        verifyInHandshake(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) throws CertificateException {
        verifyInHandshake(chain);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verifyInHandshake(chain);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verifyInHandshake(chain);
    }

    /** Empty: naming the authorities in the handshake would tell strangers whom this mesh trusts. */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
