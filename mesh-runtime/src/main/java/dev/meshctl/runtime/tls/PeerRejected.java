package dev.meshctl.runtime.tls;

import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A peer showed no certificate that this side accepts; {@link #cause()} says why, for counters and answers. */
public final class PeerRejected extends CertificateException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_DEPTH = 16;

    private final Cause cause;

    public PeerRejected(Cause cause, String detail) {
        super(cause.label() + ": " + detail);
        this.cause = cause;
    }

    public PeerRejected(Cause cause, String detail, @Nullable Throwable because) {
        super(cause.label() + ": " + detail, because);
        this.cause = cause;
    }

    /** The named cause. */
    public Cause cause() {
        return cause;
    }

    /** The rejection that lies behind a failed handshake, if that is why it failed. */
    public static Optional<PeerRejected> in(@Nullable Throwable failure) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++) {
            if (at instanceof PeerRejected rejected) {
                return Optional.of(rejected);
            }
            at = at.getCause();
        }
        return Optional.empty();
    }

    /** Why a peer was rejected. */
    public enum Cause {
        /** No bundle of the trust domain that the certificate names: not a linked mesh. */
        UNKNOWN_TRUST_DOMAIN(Cause.NO_ISSUER),
        /** A certificate of the chain is past its end. */
        EXPIRED(10),
        /** A certificate of the chain is not valid yet: the clocks differ. */
        NOT_YET_VALID(9),
        /** The leaf breaks a rule of X509-SVID. */
        NOT_AN_SVID(Cause.REJECTED),
        /** The chain does not lead to an authority of the trust domain that the leaf names. */
        CHAIN_INVALID(Cause.NO_ISSUER),
        /** A valid SVID, but of somebody else than was expected. */
        UNEXPECTED_IDENTITY(Cause.REJECTED);

        /** {@code X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY}: the alert unknown_ca. */
        private static final int NO_ISSUER = 20;
        /** {@code X509_V_ERR_CERT_REJECTED}: the alert bad_certificate. */
        private static final int REJECTED = 28;

        private final int openSslError;

        Cause(int openSslError) {
            this.openSslError = openSslError;
        }

        /** The number that OpenSSL has for it; it decides the alert that the peer gets (RFC 8446, 6.2). */
        int openSslError() {
            return openSslError;
        }

        /** The lower-case name that counters and answers use. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
