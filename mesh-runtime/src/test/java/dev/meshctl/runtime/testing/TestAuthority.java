package dev.meshctl.runtime.testing;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CA in memory: SVIDs and a bundle of one trust domain, good or bad as a test needs. */
public final class TestAuthority {
    private final TrustDomain trustDomain;
    private final KeyPair key = CertificateRequests.newKey();
    private final X509Certificate root;

    public TestAuthority(TrustDomain trustDomain) {
        this.trustDomain = trustDomain;
        Instant now = Instant.now();
        this.root = sign(new X500Name("CN=root of " + trustDomain), key.getPublic(), Leaf.authority(
                List.of("spiffe://" + trustDomain), now.minusSeconds(3600), now.plus(Duration.ofDays(3650))));
    }

    public TrustDomain trustDomain() {
        return trustDomain;
    }

    /** The root certificate. */
    public X509Certificate root() {
        return root;
    }

    /** A good SVID that is valid from 30 s ago for {@code ttl} from now; a negative ttl gives an expired one. */
    public Svid issue(SpiffeId id, Duration ttl) {
        Instant now = Instant.now();
        Instant notAfter = now.plus(ttl);
        Instant notBefore = ttl.isNegative() ? notAfter.minusSeconds(3600) : now.minusSeconds(30);
        return issue(id, Leaf.svid(List.of(id.toString()), notBefore, notAfter));
    }

    /** A certificate to measure, wrapped as if it were an SVID of {@code id}. */
    public Svid issue(SpiffeId id, Leaf leaf) {
        KeyPair own = CertificateRequests.newKey();
        return new Svid(id, own.getPrivate(), List.of(sign(new X500Name("O=meshctl"), own.getPublic(), leaf)));
    }

    /** A certificate for a key that somebody else has made, valid from 30 s ago for {@code ttl} from now. */
    public X509Certificate certify(SpiffeId id, PublicKey key, Duration ttl) {
        Instant now = Instant.now();
        return sign(new X500Name("O=meshctl"), key,
                Leaf.svid(List.of(id.toString()), now.minusSeconds(30), now.plus(ttl)));
    }

    /** The bundle with the one root. */
    public TrustBundle bundle() {
        return new TrustBundle(trustDomain, List.of(root), 1, Duration.ofMinutes(5));
    }

    /** The bundle as a set of one, for a {@code BundleSource}. */
    public Bundles bundles() {
        return new Bundles(Map.of(trustDomain, bundle()));
    }

    /** A source whose SVID never changes. */
    public static SvidSource fixed(Svid svid) {
        return new SvidSource() {
            @Override
            public Svid current() {
                return svid;
            }

            @Override
            public Subscription onChange(Consumer<Svid> listener) {
                return () -> {};
            }
        };
    }

    /**
     * What a certificate says.
     *
     * @param keyUsage bits of BouncyCastle's {@code KeyUsage}
     */
    public record Leaf(
            List<String> uris, Instant notBefore, Instant notAfter, boolean authority, int keyUsage) {
        public static Leaf svid(List<String> uris, Instant notBefore, Instant notAfter) {
            return new Leaf(uris, notBefore, notAfter, false, KeyUsage.digitalSignature);
        }

        public static Leaf authority(List<String> uris, Instant notBefore, Instant notAfter) {
            return new Leaf(uris, notBefore, notAfter, true, KeyUsage.keyCertSign | KeyUsage.cRLSign);
        }
    }

    private X509Certificate sign(X500Name subject, PublicKey subjectKey, Leaf leaf) {
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    new X500Name("CN=root of " + trustDomain),
                    new BigInteger(127, new SecureRandom()).setBit(126),
                    Date.from(leaf.notBefore()),
                    Date.from(leaf.notAfter()),
                    subject,
                    subjectKey);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(leaf.authority()));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(leaf.keyUsage()));
            if (!leaf.authority()) {
                builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(
                        new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
            }
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(leaf.uris().stream()
                    .map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri))
                    .toArray(GeneralName[]::new)));
            return Pem.certificate(builder
                    .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                    .getEncoded());
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }
}
