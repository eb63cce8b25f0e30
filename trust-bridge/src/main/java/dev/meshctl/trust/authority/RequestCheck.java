package dev.meshctl.trust.authority;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import java.io.IOException;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import org.bouncycastle.asn1.pkcs.Attribute;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * Checks a certificate signing request: signed by its own key (proof of possession), a key that is strong
 * enough, and exactly one SAN, a SPIFFE ID.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc2986">RFC 2986 (PKCS #10)</a>
 */
public final class RequestCheck {
    private static final int MAX_BYTES = 16 * 1024;
    private static final int MIN_RSA_BITS = 2048;
    private static final int MAX_RSA_BITS = 8192;
    private static final ECParameterSpec P256 = p256();

    private RequestCheck() {}

    /**
     * A request that was signed by its own key.
     *
     * @param id what it asks for; whether the requester may have it is still to be decided
     */
    public record Checked(SpiffeId id, PublicKey publicKey) {}

    /**
     * Checks a request in DER form.
     *
     * @throws Refusal {@code csr_malformed}, {@code csr_not_signed_by_its_key}, {@code csr_weak_key} or
     *     {@code csr_wrong_names}
     */
    public static Checked check(byte[] der) throws Refusal {
        if (der.length == 0 || der.length > MAX_BYTES) {
            throw malformed("it has " + der.length + " bytes; 1 to " + MAX_BYTES + " are accepted");
        }
        try {
            JcaPKCS10CertificationRequest request = new JcaPKCS10CertificationRequest(der);
            PublicKey key = request.getPublicKey();
            requireStrong(key);
            requirePossession(request, key);
            return new Checked(idIn(request), key);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException | IllegalStateException
                | ClassCastException e) {
            // BouncyCastle tells of broken ASN.1 in all of these ways.
            throw malformed(String.valueOf(e.getMessage()));
        }
    }

    private static void requirePossession(JcaPKCS10CertificationRequest request, PublicKey key) throws Refusal {
        boolean valid;
        try {
            valid = request.isSignatureValid(new JcaContentVerifierProviderBuilder().build(key));
        } catch (OperatorCreationException | PKCSException e) {
            valid = false;
        }
        if (!valid) {
            throw new Refusal(Kind.INVALID, "csr_not_signed_by_its_key",
                    "the certificate request is not signed by the key it asks a certificate for");
        }
    }

    private static void requireStrong(PublicKey key) throws Refusal {
        boolean strong = switch (key) {
            case ECPublicKey ec -> ec.getParams().getCurve().equals(P256.getCurve())
                    && ec.getParams().getOrder().equals(P256.getOrder());
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= MIN_RSA_BITS
                    && rsa.getModulus().bitLength() <= MAX_RSA_BITS;
            default -> false;
        };
        if (!strong) {
            throw new Refusal(Kind.INVALID, "csr_weak_key",
                    "the key of the certificate request is neither EC P-256 nor RSA of " + MIN_RSA_BITS + " to "
                            + MAX_RSA_BITS + " bits");
        }
    }

    private static SpiffeId idIn(JcaPKCS10CertificationRequest request) throws Refusal {
        Attribute[] attributes = request.getAttributes(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest);
        if (attributes.length != 1 || attributes[0].getAttrValues().size() != 1) {
            throw wrongNames("it has no list of extensions, or several");
        }
        Extensions extensions = Extensions.getInstance(attributes[0].getAttrValues().getObjectAt(0));
        GeneralNames names = GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
        if (names == null || names.getNames().length != 1) {
            throw wrongNames("it must have exactly one SAN");
        }
        GeneralName name = names.getNames()[0];
        if (name.getTagNo() != GeneralName.uniformResourceIdentifier) {
            throw wrongNames("its SAN is not a URI");
        }
        try {
            return SpiffeId.parse(name.getName().toString());
        } catch (IllegalArgumentException e) {
            throw wrongNames(String.valueOf(e.getMessage()));
        }
    }

    private static Refusal malformed(String why) {
        return new Refusal(Kind.INVALID, "csr_malformed", "the certificate request cannot be read: " + why);
    }

    private static Refusal wrongNames(String why) {
        return new Refusal(Kind.INVALID, "csr_wrong_names", "the certificate request names no identity: " + why);
    }

    private static ECParameterSpec p256() {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec("secp256r1"));
            return parameters.getParameterSpec(ECParameterSpec.class);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has P-256", e);
        }
    }
}
