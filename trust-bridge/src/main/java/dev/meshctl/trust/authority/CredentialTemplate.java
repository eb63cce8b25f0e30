package dev.meshctl.trust.authority;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.identity.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * What each kind of certificate says. Whether it may be made at all is decided before, by {@link RequestCheck}
 * and the attestation; nothing a requester writes gets in here but the public key.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X509-SVID, section 4</a>
 */
final class CredentialTemplate {
    static final Duration ROOT_LIFE = Duration.ofDays(3650);
    static final Duration ISSUING_LIFE = Duration.ofDays(365);
    /** Certificates start a little in the past, for peers whose clocks are behind. */
    static final Duration CLOCK_SKEW = Duration.ofSeconds(30);

    private static final int SERIAL_BITS = 128;

    private final TrustDomain trustDomain;
    private final SecureRandom random;

    CredentialTemplate(TrustDomain trustDomain, SecureRandom random) {
        this.trustDomain = trustDomain;
        this.random = random;
    }

    /** A self-signed root. */
    X509Certificate root(PublicKey publicKey, PrivateKey key, Instant now) throws GeneralSecurityException {
        X500Principal name = new X500Principal("O=meshctl,CN=root " + nonce() + " of " + trustDomain);
        return new Draft(name, name, publicKey, now, now.plus(ROOT_LIFE))
                .authority(1)
                .uri("spiffe://" + trustDomain)
                .sign(key);
    }

    /** The certificate of an issuing key; ends no later than the root. */
    X509Certificate issuing(PublicKey publicKey, X509Certificate root, PrivateKey rootKey, Instant now)
            throws GeneralSecurityException {
        X500Principal name = new X500Principal("O=meshctl,CN=issuing " + nonce() + " of " + trustDomain);
        return new Draft(root.getSubjectX500Principal(), name, publicKey, now, until(now, ISSUING_LIFE, root))
                .issuedBy(root)
                .authority(0)
                .uri("spiffe://" + trustDomain)
                .sign(rootKey);
    }

    /** The leaf of an SVID; ends no later than the issuing certificate. */
    X509Certificate svid(
            SpiffeId id, PublicKey publicKey, Duration ttl, X509Certificate issuing, PrivateKey issuingKey, Instant now)
            throws GeneralSecurityException {
        X500Principal name = new X500Principal("O=meshctl");
        return new Draft(issuing.getSubjectX500Principal(), name, publicKey, now, until(now, ttl, issuing))
                .issuedBy(issuing)
                .leaf()
                .uri(id.toString())
                .sign(issuingKey);
    }

    private static Instant until(Instant now, Duration life, X509Certificate issuer) {
        Instant end = now.plus(life);
        Instant bound = issuer.getNotAfter().toInstant();
        return end.isBefore(bound) ? end : bound;
    }

    /** Tells authorities of the same trust domain apart, so that a chain is never tried with the wrong one. */
    private String nonce() {
        return "%08x".formatted(random.nextInt());
    }

    private final class Draft {
        private final JcaX509v3CertificateBuilder builder;
        private final PublicKey publicKey;

        Draft(X500Principal issuer, X500Principal subject, PublicKey publicKey, Instant now, Instant notAfter) {
            this.publicKey = publicKey;
            // RFC 5280 wants a positive serial.
            BigInteger serial = new BigInteger(SERIAL_BITS, random).max(BigInteger.ONE);
            this.builder = new JcaX509v3CertificateBuilder(
                    issuer, serial, Date.from(now.minus(CLOCK_SKEW)), Date.from(notAfter), subject, publicKey);
        }

        Draft issuedBy(X509Certificate issuer) throws GeneralSecurityException {
            return add(Extension.authorityKeyIdentifier, false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer));
        }

        Draft authority(int pathLength) throws GeneralSecurityException {
            add(Extension.basicConstraints, true, new BasicConstraints(pathLength));
            return add(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        }

        Draft leaf() throws GeneralSecurityException {
            add(Extension.basicConstraints, true, new BasicConstraints(false));
            add(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            return add(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(
                    new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
        }

        Draft uri(String uri) throws GeneralSecurityException {
            return add(Extension.subjectAlternativeName, false,
                    new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
        }

        X509Certificate sign(PrivateKey key) throws GeneralSecurityException {
            add(Extension.subjectKeyIdentifier, false,
                    new JcaX509ExtensionUtils().createSubjectKeyIdentifier(publicKey));
            try {
                return Pem.certificate(builder
                        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key))
                        .getEncoded());
            } catch (IOException | OperatorCreationException e) {
                throw new GeneralSecurityException("the certificate cannot be signed", e);
            }
        }

        private Draft add(
                ASN1ObjectIdentifier extension, boolean critical,
                ASN1Encodable value) throws GeneralSecurityException {
            try {
                builder.addExtension(extension, critical, value);
                return this;
            } catch (IOException e) {
                throw new GeneralSecurityException("extension " + extension + " cannot be encoded", e);
            }
        }
    }
}
