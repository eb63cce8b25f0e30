package dev.meshctl.runtime.bundle;

import dev.meshctl.api.identity.TrustDomain;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;

/**
 * The X.509 authorities of one trust domain.
 *
 * @param authorities root certificates; may be empty, then nothing of the domain is trusted
 * @param sequence grows with each change of the authorities
 * @param refreshHint how soon to ask again, at least one second
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md">SPIFFE
 *     Trust Domain and Bundle</a>
 */
public record TrustBundle(
        TrustDomain trustDomain, List<X509Certificate> authorities, long sequence, Duration refreshHint) {
    public TrustBundle {
        authorities = List.copyOf(authorities);
        if (refreshHint.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("refresh hint must be at least one second");
        }
    }
}
