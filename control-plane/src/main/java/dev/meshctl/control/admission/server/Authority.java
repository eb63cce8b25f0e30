package dev.meshctl.control.admission.server;

import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A CA that signs the certificates of webhooks and nothing else; its trust has nothing to do with that of the mesh.
 * ECDSA P-256.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc5280">RFC 5280</a>
 */
record Authority(X509Certificate certificate, PrivateKey key) {
    /** How long a new CA is valid. */
    static final Duration LIFE = Duration.ofDays(365);
    /** How long a certificate is valid; replaced at half of it. */
    static final Duration LEAF_LIFE = Duration.ofDays(7);
    /** So that a clock that is a little behind takes a new certificate. */
    static final Duration BACKDATED = Duration.ofMinutes(5);

    private static final int SERIAL_BITS = 127;
    private static final SecureRandom RANDOM = new SecureRandom();

    static Authority create(Instant now) {
        KeyPair pair = CertificateRequests.newKey();
        BigInteger serial = serial();
        X500Name name = new X500Name("O=meshctl,CN=webhook CA " + serial.toString(16).substring(0, 8));
        try {
            X509v3CertificateBuilder builder = builder(name, name, serial, now, LIFE, pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
            return new Authority(sign(builder, pair.getPrivate()), pair.getPrivate());
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("no CA of webhooks could be made", e);
        }
    }

    /** A new key with a certificate for a server of these names. */
    Pem.KeyAndChain issue(List<String> names, Instant now) {
        KeyPair pair = CertificateRequests.newKey();
        try {
            X509v3CertificateBuilder builder = builder(
                    X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded()),
                    new X500Name("O=meshctl,CN=webhooks"), serial(), now, LEAF_LIFE, pair.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names.stream()
                    .map(name -> new GeneralName(GeneralName.dNSName, name)).toArray(GeneralName[]::new)));
            return new Pem.KeyAndChain(pair.getPrivate(), List.of(sign(builder, key)));
        } catch (GeneralSecurityException | IOException | OperatorCreationException e) {
            throw new IllegalStateException("no certificate of webhooks could be made", e);
        }
    }

    private static X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, BigInteger serial, Instant now, Duration life, PublicKey key) {
        return new JcaX509v3CertificateBuilder(
                issuer, serial, Date.from(now.minus(BACKDATED)), Date.from(now.plus(life)), subject, key);
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey with)
            throws GeneralSecurityException, IOException, OperatorCreationException {
        return Pem.certificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(with)).getEncoded());
    }

    private static BigInteger serial() {
        return new BigInteger(SERIAL_BITS, RANDOM).setBit(SERIAL_BITS - 1);
    }

    boolean isPast(Instant now) {
        return now.isAfter(certificate.getNotAfter().toInstant());
    }

    boolean lessThanAThirdLeft(Instant now) {
        return now.isAfter(certificate.getNotAfter().toInstant().minus(LIFE.dividedBy(3)));
    }

    /** Never the key. */
    @Override
    public String toString() {
        return "Authority[" + certificate.getSubjectX500Principal() + "]";
    }
}
