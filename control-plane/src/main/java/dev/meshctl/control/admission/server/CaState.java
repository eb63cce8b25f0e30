package dev.meshctl.control.admission.server;

import dev.meshctl.runtime.identity.Pem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The CA of the webhooks through its rotation, as the data of a Secret. A new CA is first trusted beside the current
 * one, an hour later it signs, and the one before it is trusted until it ends: so an API server that has not yet seen
 * a change always knows the certificate that it is shown.
 *
 * @param current signs; null: there is none yet
 * @param next will sign; trusted already
 * @param previous has signed; still trusted
 */
record CaState(@Nullable Authority current, @Nullable Authority next, @Nullable X509Certificate previous) {
    /** How long a new CA is trusted before it signs. */
    static final Duration SETTLING = Duration.ofHours(1);

    static final CaState NONE = new CaState(null, null, null);

    private static final String CURRENT = "ca.pem";
    private static final String NEXT = "next-ca.pem";
    private static final String PREVIOUS = "previous-ca.pem";
    private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

    /**
     * Reads what {@link #data} makes; nothing, as the installation leaves it, is {@link #NONE}.
     *
     * @throws GeneralSecurityException if it holds something else
     */
    static CaState read(Map<String, String> data) throws GeneralSecurityException {
        return new CaState(authority(data.get(CURRENT)), authority(data.get(NEXT)), certificate(data.get(PREVIOUS)));
    }

    private static @Nullable Authority authority(@Nullable String base64) throws GeneralSecurityException {
        if (base64 == null || base64.isEmpty()) {
            return null;
        }
        Pem.KeyAndChain read = Pem.read(decoded(base64));
        return new Authority(read.chain().getFirst(), read.key());
    }

    private static @Nullable X509Certificate certificate(@Nullable String base64) throws GeneralSecurityException {
        return base64 == null || base64.isEmpty() ? null : Pem.certificate(decoded(base64));
    }

    private static byte[] decoded(String base64) throws GeneralSecurityException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("a value is not base64");
        }
    }

    /** As the data of a Secret: base64 of PEM. */
    Map<String, String> data() throws GeneralSecurityException {
        Map<String, String> data = new TreeMap<>();
        if (current != null) {
            data.put(CURRENT, encoded(Pem.write(current.key(), List.of(current.certificate()))));
        }
        if (next != null) {
            data.put(NEXT, encoded(Pem.write(next.key(), List.of(next.certificate()))));
        }
        if (previous != null) {
            data.put(PREVIOUS, encoded(pem(previous).getBytes(StandardCharsets.US_ASCII)));
        }
        return data;
    }

    private static String encoded(byte[] pem) {
        return Base64.getEncoder().encodeToString(pem);
    }

    private static String pem(X509Certificate certificate) throws GeneralSecurityException {
        return "-----BEGIN CERTIFICATE-----\n" + LINES.encodeToString(certificate.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
    }

    /** What an API server is to trust: base64 of PEM, as {@code caBundle} is. */
    String bundle() throws GeneralSecurityException {
        List<X509Certificate> trusted = new ArrayList<>();
        if (current != null) {
            trusted.add(current.certificate());
        }
        if (next != null) {
            trusted.add(next.certificate());
        }
        if (previous != null) {
            trusted.add(previous);
        }
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : trusted) {
            text.append(pem(certificate));
        }
        return encoded(text.toString().getBytes(StandardCharsets.US_ASCII));
    }

    /** What it is to become now; empty if it is to stay. */
    Optional<CaState> advanced(Instant now) {
        if (current == null || current.isPast(now)) {
            return Optional.of(new CaState(Authority.create(now), null, null));
        }
        if (next != null) {
            Instant settled = next.certificate().getNotBefore().toInstant().plus(Authority.BACKDATED).plus(SETTLING);
            return now.isBefore(settled) ? Optional.empty() : Optional.of(new CaState(next, null, current.certificate()));
        }
        if (current.lessThanAThirdLeft(now)) {
            return Optional.of(new CaState(current, Authority.create(now), previous));
        }
        return previous != null && now.isAfter(previous.getNotAfter().toInstant())
                ? Optional.of(new CaState(current, null, null)) : Optional.empty();
    }
}
