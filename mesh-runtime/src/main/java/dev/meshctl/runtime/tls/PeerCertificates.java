package dev.meshctl.runtime.tls;

import dev.meshctl.api.identity.SpiffeId;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Reads the identity out of a peer's certificate. Says nothing about whether it is to be believed. */
public final class PeerCertificates {
    private static final int URI = 6;

    private PeerCertificates() {}

    /**
     * The SPIFFE ID of the leaf.
     *
     * @throws PeerRejected with {@code not_an_svid} unless the leaf has exactly one URI SAN, a SPIFFE ID
     */
    public static SpiffeId idOf(X509Certificate leaf) throws PeerRejected {
        List<String> uris = uriSans(leaf);
        if (uris.size() != 1) {
            throw new PeerRejected(
                    PeerRejected.Cause.NOT_AN_SVID,
                    "the certificate has " + uris.size() + " URI SANs where an SVID has exactly one");
        }
        try {
            return SpiffeId.parse(uris.getFirst());
        } catch (IllegalArgumentException e) {
            throw new PeerRejected(PeerRejected.Cause.NOT_AN_SVID, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * The SPIFFE ID of the peer of a session; empty if it showed no certificate. The handshake has checked it.
     *
     * @throws PeerRejected as {@link #idOf(X509Certificate)}
     */
    public static Optional<SpiffeId> idOf(SSLSession session) throws PeerRejected {
        try {
            return session.getPeerCertificates()[0] instanceof X509Certificate leaf
                    ? Optional.of(idOf(leaf))
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            // What JSSE calls a client without a certificate.
            return Optional.empty();
        }
    }

    static List<String> uriSans(X509Certificate certificate) throws PeerRejected {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            List<String> uris = new ArrayList<>();
            for (List<?> name : names == null ? List.<List<?>>of() : names) {
                if (name.get(0) instanceof Integer type && type == URI) {
                    uris.add(String.valueOf(name.get(1)));
                }
            }
            return uris;
        } catch (CertificateParsingException e) {
            throw new PeerRejected(PeerRejected.Cause.NOT_AN_SVID, "its SANs cannot be read", e);
        }
    }
}
