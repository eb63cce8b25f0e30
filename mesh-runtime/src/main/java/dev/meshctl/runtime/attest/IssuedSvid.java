package dev.meshctl.runtime.attest;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.tls.PeerCertificates;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** A trust bridge's answer, checked to be what was asked for. */
public final class IssuedSvid {
    private IssuedSvid() {}

    /**
     * The SVID of an answer.
     *
     * @throws IdentityException {@code svid_unusable} if it is not for that identity and key
     */
    public static Svid of(SpiffeId id, KeyPair key, SvidResponse response) throws IdentityException {
        try {
            List<X509Certificate> chain = new ArrayList<>();
            for (ByteString der : response.getChainList()) {
                chain.add(Pem.certificate(der.toByteArray()));
            }
            if (chain.isEmpty()
                    || !chain.getFirst().getPublicKey().equals(key.getPublic())
                    || !PeerCertificates.idOf(chain.getFirst()).equals(id)) {
                throw new GeneralSecurityException("it is not for the key and identity that were asked for");
            }
            return new Svid(id, key.getPrivate(), chain);
        } catch (GeneralSecurityException e) {
            throw new IdentityException(
                    "svid_unusable", "the trust bridge's answer for " + id + ": " + e.getMessage(), e);
        }
    }
}
