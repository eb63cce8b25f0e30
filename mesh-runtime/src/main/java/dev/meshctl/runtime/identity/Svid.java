package dev.meshctl.runtime.identity;

import dev.meshctl.api.identity.SpiffeId;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * An X.509-SVID with its private key.
 *
 * @param id the identity, the only URI SAN of the leaf
 * @param key ECDSA P-256; never leaves this process but for its own 0600 keystore
 * @param chain leaf first, then intermediates; without the root
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X509-SVID</a>
 */
public record Svid(SpiffeId id, PrivateKey key, List<X509Certificate> chain) {
    public Svid {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("the chain of an SVID must have at least its leaf");
        }
    }

    public X509Certificate leaf() {
        return chain.getFirst();
    }

    public Instant notBefore() {
        return leaf().getNotBefore().toInstant();
    }

    public Instant notAfter() {
        return leaf().getNotAfter().toInstant();
    }

    /** Half of the life of the leaf; renewal starts here. */
    public Instant halfLife() {
        return notBefore().plus(Duration.between(notBefore(), notAfter()).dividedBy(2));
    }

    /** Names the identity and the end of its life; never the key. */
    @Override
    public String toString() {
        return "Svid[" + id + ", until " + notAfter() + "]";
    }
}
