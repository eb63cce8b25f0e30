package dev.meshctl.runtime.bundle;

import dev.meshctl.api.identity.TrustDomain;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Bundles as SPIFFE bundle documents (JWKS).
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md">SPIFFE
 *     Trust Domain and Bundle, section 4</a>
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X509-SVID, section 6</a>
 */
public final class SpiffeJson {
    /** The largest document that is read. */
    public static final int MAX_BYTES = 1024 * 1024;

    private static final int MAX_KEYS = 64;
    private static final int DEFAULT_REFRESH_SECONDS = 300;
    private static final int MAX_REFRESH_SECONDS = 30 * 24 * 3600;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private SpiffeJson() {}

    /** The document, UTF-8; the same bundle always gives the same bytes. */
    public static byte[] write(TrustBundle bundle) {
        ObjectNode document = JSON.createObjectNode();
        ArrayNode keys = document.putArray("keys");
        bundle.authorities().forEach(authority -> writeKey(keys.addObject(), authority));
        document.put("spiffe_sequence", bundle.sequence());
        document.put("spiffe_refresh_hint", bundle.refreshHint().toSeconds());
        return JSON.writeValueAsBytes(document);
    }

    /**
     * Reads a document of at most {@link #MAX_BYTES}. Keys of a use other than {@code x509-svid} are ignored,
     * as the specification asks.
     *
     * @throws IllegalArgumentException if it is no bundle document; the message names the wrong field
     */
    public static TrustBundle read(TrustDomain trustDomain, byte[] document) {
        if (document.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "bundle of %s: larger than %d bytes".formatted(trustDomain, MAX_BYTES));
        }
        try {
            return read(trustDomain, JSON.readTree(document));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "bundle of " + trustDomain + ": not JSON: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("bundle of " + trustDomain + ": " + e.getMessage(), e);
        }
    }

    /** SHA-256 of the document that {@link #write} makes, in lower-case hex: equal for equal bundles. */
    public static String digest(TrustBundle bundle) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(write(bundle)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static TrustBundle read(TrustDomain trustDomain, JsonNode document) {
        JsonNode keys = document.path("keys");
        if (!keys.isArray()) {
            throw new IllegalArgumentException("\"keys\" must be an array");
        }
        if (keys.size() > MAX_KEYS) {
            throw new IllegalArgumentException("\"keys\" has more than " + MAX_KEYS + " entries");
        }
        List<X509Certificate> authorities = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            if (keys.path(i).path("use").asString("").equals("x509-svid")) {
                authorities.add(authority(keys.path(i).path("x5c"), "keys[" + i + "].x5c"));
            }
        }
        long sequence = number(document, "spiffe_sequence", 0, 0, Long.MAX_VALUE);
        long refresh = number(document, "spiffe_refresh_hint", DEFAULT_REFRESH_SECONDS, 0, MAX_REFRESH_SECONDS);
        return new TrustBundle(trustDomain, authorities, sequence, Duration.ofSeconds(Math.max(1, refresh)));
    }

    private static X509Certificate authority(JsonNode x5c, String where) {
        if (!x5c.isArray() || x5c.size() != 1 || !x5c.path(0).isString()) {
            throw new IllegalArgumentException("\"" + where + "\" must hold exactly one certificate");
        }
        try {
            byte[] der = Base64.getDecoder().decode(x5c.path(0).asString());
            X509Certificate certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            if (certificate.getBasicConstraints() < 0) {
                throw new IllegalArgumentException("\"" + where + "\" is not the certificate of an authority");
            }
            if (!(certificate.getPublicKey() instanceof ECPublicKey || certificate.getPublicKey() instanceof RSAPublicKey)) {
                // What was read must be fit to be written again.
                throw new IllegalArgumentException("\"" + where + "\" has a " + certificate.getPublicKey().getAlgorithm()
                        + " key; expected an EC or RSA key");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("\"" + where + "\" is not a certificate: " + e.getMessage(), e);
        }
    }

    private static long number(JsonNode document, String field, long otherwise, long min, long max) {
        JsonNode node = document.path(field);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.asLong() < min || node.asLong() > max) {
            throw new IllegalArgumentException(
                    "\"%s\" must be a whole number from %d to %d".formatted(field, min, max));
        }
        return node.asLong();
    }

    private static void writeKey(ObjectNode key, X509Certificate authority) {
        key.put("use", "x509-svid");
        switch (authority.getPublicKey()) {
            case ECPublicKey ec -> {
                int bits = ec.getParams().getCurve().getField().getFieldSize();
                key.put("kty", "EC");
                key.put("crv", "P-" + bits);
                key.put("x", base64url(unsigned(ec.getW().getAffineX(), (bits + 7) / 8)));
                key.put("y", base64url(unsigned(ec.getW().getAffineY(), (bits + 7) / 8)));
            }
            case RSAPublicKey rsa -> {
                key.put("kty", "RSA");
                key.put("n", base64url(unsigned(rsa.getModulus(), (rsa.getModulus().bitLength() + 7) / 8)));
                key.put("e", base64url(unsigned(
                        rsa.getPublicExponent(), (rsa.getPublicExponent().bitLength() + 7) / 8)));
            }
            default -> throw new IllegalArgumentException(
                    "an authority with a " + authority.getPublicKey().getAlgorithm() + " key cannot be in a bundle");
        }
        key.putArray("x5c").add(Base64.getEncoder().encodeToString(der(authority)));
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateException e) {
            throw new IllegalArgumentException("the certificate has no DER form", e);
        }
    }

    private static byte[] unsigned(BigInteger number, int length) {
        byte[] bytes = number.toByteArray();
        byte[] padded = new byte[length];
        int copied = Math.min(bytes.length, length);
        System.arraycopy(bytes, bytes.length - copied, padded, length - copied, copied);
        return padded;
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
