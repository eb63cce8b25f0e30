package dev.meshctl.runtime.attest;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.tls.PeerRejected;
import io.grpc.StatusRuntimeException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Asks the trust bridge for SVIDs of one identity, each for a new key, by a token or by the SVID before. */
final class SvidRequests {
    /** A join token counts once: with an answer that comes too late, as from a machine that is busy, it would be lost. */
    private static final Duration ATTEST_TIMEOUT = Duration.ofSeconds(15);

    private static final Duration RENEW_TIMEOUT = Duration.ofSeconds(5);
    private static final int MAX_DEPTH = 16;

    private final WorkloadIdentity.Attestation attestation;
    private final Counters counters;
    /** Kept over tries that came to no decision. */
    private @Nullable String unusedToken;
    private @Nullable String refusedToken;

    SvidRequests(WorkloadIdentity.Attestation attestation, Counters counters) {
        this.attestation = attestation;
        this.counters = counters;
    }

    /** A refusal stands unless another token has come meanwhile. */
    boolean mayPass(IdentityException e) {
        return unusedToken != null || e.cause().equals("no_join_token") || newToken();
    }

    private boolean newToken() {
        Optional<String> next = attestation.joinToken().get().filter(token -> !token.equals(refusedToken));
        next.ifPresent(token -> unusedToken = token);
        return next.isPresent();
    }

    Svid attest() throws IdentityException {
        // A newer token is the better one: what was kept from a failed try may have ended since.
        String token = attestation.joinToken().get().orElse(unusedToken);
        if (token == null) {
            throw new IdentityException(
                    "no_join_token", "there is no token for " + attestation.id() + "; the cluster's supervisor, or on "
                            + "Kubernetes the kubelet, makes them, check that it and the trust bridge run");
        }
        unusedToken = token;
        KeyPair key = CertificateRequests.newKey();
        byte[] csr = CertificateRequests.create(attestation.id(), key);
        try {
            Svid svid = IssuedSvid.of(attestation.id(), key, attestation.trustBridge().attest(token, csr, ATTEST_TIMEOUT));
            unusedToken = null;
            counters.increment("attested");
            return svid;
        } catch (IdentityException e) {
            if (!isPassing(e)) {
                unusedToken = null;
                refusedToken = token;
            }
            throw e;
        }
    }

    private Svid renew(Svid current) throws IdentityException {
        KeyPair key = CertificateRequests.newKey();
        byte[] csr = CertificateRequests.create(attestation.id(), key);
        Svid svid = IssuedSvid.of(attestation.id(), key, attestation.trustBridge().renew(current, csr, RENEW_TIMEOUT));
        counters.increment("renewed");
        return svid;
    }

    /** The next SVID by the current one; by a token where the trust bridge knows that one no more. */
    Svid next(Svid current) throws IdentityException {
        if (!attestation.clock().instant().isBefore(current.notAfter())) {
            return attest();
        }
        try {
            return renew(current);
        } catch (IdentityException e) {
            if (!isRefusedInHandshake(e)) {
                throw e;
            }
            counters.increment("svid_refused");
            return attestInstead(e);
        }
    }

    private Svid attestInstead(IdentityException ofRenewal) throws IdentityException {
        try {
            return attest();
        } catch (IdentityException e) {
            throw e.cause().equals("no_join_token") ? ofRenewal : e;
        }
    }

    /** The trust bridge did not decide: it is away, is asked too much, or cannot ask whom it must. */
    private static boolean isPassing(IdentityException e) {
        return e.getCause() instanceof StatusRuntimeException failed && switch (failed.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED -> true;
            default -> false;
        };
    }

    /** The trust bridge ended the handshake because of our certificate, as after its CA has been made anew. */
    private static boolean isRefusedInHandshake(IdentityException e) {
        if (PeerRejected.in(e).isPresent()) {
            return false;
        }
        Throwable at = e;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
            if (at instanceof SSLException) {
                return true;
            }
        }
        return false;
    }
}
