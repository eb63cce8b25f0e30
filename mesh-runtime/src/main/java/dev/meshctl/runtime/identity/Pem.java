package dev.meshctl.runtime.identity;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key and its certificates in one PEM text.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7468">RFC 7468</a>
 */
public final class Pem {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]{1,40})-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");
    private static final String KEY = "PRIVATE KEY";
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final byte[] PROOF = "meshctl".getBytes(StandardCharsets.US_ASCII);

    private Pem() {}

    /** A private key with the certificates that go with it, the first one being the key's own. */
    public record KeyAndChain(PrivateKey key, List<X509Certificate> chain) {
        public KeyAndChain {
            chain = List.copyOf(chain);
        }

        /** Never the key. */
        @Override
        public String toString() {
            return "KeyAndChain[" + chain.size() + " certificates]";
        }
    }

    /** The key (PKCS#8) and the certificates, in this order. */
    public static byte[] write(PrivateKey key, List<X509Certificate> chain) throws GeneralSecurityException {
        StringBuilder text = new StringBuilder();
        append(text, KEY, key.getEncoded());
        for (X509Certificate certificate : chain) {
            append(text, CERTIFICATE, certificate.getEncoded());
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads what {@link #write} makes and checks that the key belongs to the first certificate.
     *
     * @throws GeneralSecurityException if anything is missing, broken or does not fit; never shows the key
     */
    public static KeyAndChain read(byte[] pem) throws GeneralSecurityException {
        PrivateKey key = null;
        List<X509Certificate> chain = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(new String(pem, StandardCharsets.US_ASCII));
        while (blocks.find()) {
            byte[] der = decode(blocks.group(2));
            switch (blocks.group(1)) {
                case KEY -> key = key(der);
                case CERTIFICATE -> chain.add(certificate(der));
                default -> throw new GeneralSecurityException("unexpected block " + blocks.group(1));
            }
        }
        if (key == null || chain.isEmpty()) {
            throw new GeneralSecurityException(key == null ? "it holds no private key" : "it holds no certificate");
        }
        requirePair(key, chain.getFirst());
        return new KeyAndChain(key, chain);
    }

    /** One certificate from its DER form. */
    public static X509Certificate certificate(byte[] der) throws GeneralSecurityException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    private static PrivateKey key(byte[] pkcs8) throws GeneralSecurityException {
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(pkcs8);
        try {
            return KeyFactory.getInstance("EC").generatePrivate(encoded);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException("its private key is not an EC key");
        }
    }

    private static void requirePair(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException {
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(PROOF);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(PROOF);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException("its private key is not that of its first certificate");
        }
    }

    private static byte[] decode(String base64) throws GeneralSecurityException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("a block of it is not base64");
        }
    }

    private static void append(StringBuilder text, String label, byte[] der) {
        text.append("-----BEGIN ").append(label).append("-----\n")
                .append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der))
                .append("\n-----END ").append(label).append("-----\n");
    }
}
