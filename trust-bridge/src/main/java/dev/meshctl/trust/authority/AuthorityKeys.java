package dev.meshctl.trust.authority;

import dev.meshctl.runtime.identity.Pem;
import java.security.cert.X509Certificate;

/** The keys of a CA with their certificates: the root, and the issuing key that the root has signed. */
public record AuthorityKeys(Pem.KeyAndChain root, Pem.KeyAndChain issuing) {
    /** The name under which the root is kept. */
    public static final String ROOT = "root.pem";
    /** The name under which the issuing key is kept. */
    public static final String ISSUING = "issuing.pem";

    X509Certificate rootCertificate() {
        return root.chain().getFirst();
    }

    /** The certificate of the key that signs. */
    public X509Certificate issuingCertificate() {
        return issuing.chain().getFirst();
    }

    /** Never a key. */
    @Override
    public String toString() {
        return "AuthorityKeys[issuing " + issuingCertificate().getSerialNumber().toString(16) + "]";
    }
}
