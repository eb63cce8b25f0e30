package dev.meshctl.trust.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.trust.Refusal;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;

class RequestCheckTest {
    private static final SpiffeId WEB = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/web");
    private static final GeneralName WEB_NAME =
            new GeneralName(GeneralName.uniformResourceIdentifier, WEB.toString());

    private final KeyPair key = CertificateRequests.newKey();

    @Test
    void a_request_of_our_own_making_is_accepted() throws Refusal {
        RequestCheck.Checked checked = RequestCheck.check(CertificateRequests.create(WEB, key));

        assertThat(checked.id()).isEqualTo(WEB);
        assertThat(checked.publicKey()).isEqualTo(key.getPublic());
    }

    @Test
    void a_request_signed_by_another_key_proves_no_possession() throws Exception {
        byte[] stolen = request(key, CertificateRequests.newKey(), "SHA256withECDSA", WEB_NAME);

        assertThat(causeOf(stolen)).isEqualTo("csr_not_signed_by_its_key");
    }

    @Test
    void a_request_that_was_changed_after_signing_proves_no_possession() {
        byte[] csr = CertificateRequests.create(WEB, key);
        int at = new String(csr, StandardCharsets.ISO_8859_1).indexOf("sa/web") + 3;
        csr[at] = 'x';

        assertThat(causeOf(csr)).isEqualTo("csr_not_signed_by_its_key");
    }

    @Test
    void a_request_with_more_names_than_the_identity_is_refused() throws Exception {
        GeneralName dns = new GeneralName(GeneralName.dNSName, "bank.example.org");

        assertThat(causeOf(request(key, key, "SHA256withECDSA", WEB_NAME, dns))).isEqualTo("csr_wrong_names");
        assertThat(causeOf(request(key, key, "SHA256withECDSA", WEB_NAME, WEB_NAME))).isEqualTo("csr_wrong_names");
        assertThat(causeOf(request(key, key, "SHA256withECDSA", dns))).isEqualTo("csr_wrong_names");
        assertThat(causeOf(request(key, key, "SHA256withECDSA"))).isEqualTo("csr_wrong_names");
    }

    @Test
    void keys_that_are_weak_or_of_another_kind_are_refused_and_a_strong_rsa_key_is_not() throws Exception {
        assertThat(causeOf(request(ec("secp384r1"), "SHA256withECDSA"))).isEqualTo("csr_weak_key");
        assertThat(causeOf(request(rsa(1024), "SHA256withRSA"))).isEqualTo("csr_weak_key");
        assertThat(causeOf(request(KeyPairGenerator.getInstance("Ed25519").generateKeyPair(), "Ed25519")))
                .isEqualTo("csr_weak_key");

        assertThat(RequestCheck.check(request(rsa(2048), "SHA256withRSA")).id()).isEqualTo(WEB);
    }

    @Test
    void garbage_is_refused_as_malformed_and_never_breaks_the_check() {
        byte[] good = CertificateRequests.create(WEB, key);

        assertThat(causeOf(new byte[0])).isEqualTo("csr_malformed");
        assertThat(causeOf(new byte[100_000])).isEqualTo("csr_malformed");
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bent = good.clone();
            bent[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(causeOf(bent)).as("bit %d", bit).startsWith("csr_");
        }
    }

    private static String causeOf(byte[] csr) {
        return catchThrowableOfType(Refusal.class, () -> RequestCheck.check(csr)).cause();
    }

    private static KeyPair ec(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static KeyPair rsa(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    private static byte[] request(KeyPair key, String algorithm) throws Exception {
        return request(key, key, algorithm, WEB_NAME);
    }

    private static byte[] request(KeyPair subject, KeyPair signer, String algorithm, GeneralName... names)
            throws Exception {
        JcaPKCS10CertificationRequestBuilder builder =
                new JcaPKCS10CertificationRequestBuilder(new X500Name("O=x"), subject.getPublic());
        if (names.length > 0) {
            ExtensionsGenerator extensions = new ExtensionsGenerator();
            extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
        }
        return builder.build(new JcaContentSignerBuilder(algorithm).build(signer.getPrivate())).getEncoded();
    }
}
