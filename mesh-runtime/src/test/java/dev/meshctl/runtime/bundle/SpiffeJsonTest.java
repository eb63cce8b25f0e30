package dev.meshctl.runtime.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpiffeJsonTest {
    private static final TrustDomain EAST = new TrustDomain("east.mesh");

    private final TestAuthority east = new TestAuthority(EAST);

    @TempDir
    Path directory;

    @Test
    void a_bundle_comes_back_as_it_went() {
        TrustBundle bundle = new TrustBundle(
                EAST, List.of(east.root(), new TestAuthority(EAST).root()), 7, Duration.ofSeconds(60));

        TrustBundle read = SpiffeJson.read(EAST, SpiffeJson.write(bundle));

        assertThat(read).isEqualTo(bundle);
        assertThat(SpiffeJson.digest(read)).isEqualTo(SpiffeJson.digest(bundle)).matches("[0-9a-f]{64}");
    }

    @Test
    void the_digest_tells_bundles_apart() {
        assertThat(SpiffeJson.digest(east.bundle())).isNotEqualTo(SpiffeJson.digest(new TestAuthority(EAST).bundle()));
    }

    @Test
    void keys_of_other_uses_are_ignored() {
        TrustBundle read = SpiffeJson.read(EAST, bytes("""
                {"keys": [{"use": "jwt-svid", "kty": "EC", "kid": "a"}], "spiffe_sequence": 3}"""));

        assertThat(read.authorities()).isEmpty();
        assertThat(read.sequence()).isEqualTo(3);
    }

    @Test
    void an_authority_whose_key_could_not_be_written_again_is_not_read() throws Exception {
        KeyPair key = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        X500Name name = new X500Name("O=meshctl");
        byte[] der = new JcaX509v3CertificateBuilder(name, BigInteger.ONE, new Date(), Date.from(Instant.now().plusSeconds(60)),
                name, key.getPublic()).addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
                .build(new JcaContentSignerBuilder("Ed25519").build(key.getPrivate())).getEncoded();

        assertThatThrownBy(() -> SpiffeJson.read(EAST, bytes(
                "{\"keys\": [{\"use\": \"x509-svid\", \"x5c\": [\"" + Base64.getEncoder().encodeToString(der) + "\"]}]}")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("keys[0].x5c").hasMessageContaining("EdDSA");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "", "{", "[]", "null", "{\"keys\": 1}", "{} {}",
        "{\"keys\": [], \"keys\": []}",
        "{\"keys\": [{\"use\": \"x509-svid\"}]}",
        "{\"keys\": [{\"use\": \"x509-svid\", \"x5c\": []}]}",
        "{\"keys\": [{\"use\": \"x509-svid\", \"x5c\": [\"!\"]}]}",
        "{\"keys\": [{\"use\": \"x509-svid\", \"x5c\": [\"AAAA\"]}]}",
        "{\"keys\": [], \"spiffe_sequence\": -1}",
        "{\"keys\": [], \"spiffe_sequence\": \"1\"}",
        "{\"keys\": [], \"spiffe_sequence\": 1e99}"
    })
    void what_is_no_bundle_is_refused_with_the_trust_domain(String document) {
        assertThatThrownBy(() -> SpiffeJson.read(EAST, bytes(document)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("east.mesh");
    }

    @Test
    void a_leaf_is_no_authority() {
        TrustBundle leaf = new TrustBundle(
                EAST, List.of(east.issue(new SpiffeId(EAST, "a", "b"), Duration.ofHours(1)).leaf()), 1,
                Duration.ofSeconds(1));

        assertThatThrownBy(() -> SpiffeJson.read(EAST, SpiffeJson.write(leaf)))
                .hasMessageContaining("keys[0].x5c")
                .hasMessageContaining("not the certificate of an authority");
    }

    @Test
    void a_document_beyond_the_bound_is_refused_unread() {
        assertThatThrownBy(() -> SpiffeJson.read(EAST, new byte[SpiffeJson.MAX_BYTES + 1]))
                .hasMessageContaining("larger than");
    }

    @Test
    void stored_bundles_survive_a_restart() throws IOException {
        Path file = directory.resolve("bundles.json");
        BundleStore store = new BundleStore(file);

        assertThat(store.put(east.bundle())).isTrue();
        assertThat(store.put(east.bundle())).isFalse();

        assertThat(new BundleStore(file).current()).isEqualTo(east.bundles());
        assertThat(store.remove(EAST)).isTrue();
        assertThat(new BundleStore(file).current()).isEqualTo(Bundles.NONE);
    }

    @Test
    void a_half_written_store_is_an_error_that_names_the_file_and_it_stays() throws IOException {
        Path file = Files.writeString(directory.resolve("bundles.json"), "{\"bundles\": {\"east.mesh\": \"{\\\"ke");

        assertThatThrownBy(() -> new BundleStore(file))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(file.toString());
        assertThat(file).exists();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void on_a_full_disk_a_store_keeps_the_bundles_it_had(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("bundles.json");
        BundleStore store = new BundleStore(file);
        TrustBundle first = new TestAuthority(new TrustDomain("east.mesh")).bundle();
        store.put(first);
        Files.delete(file);
        // A directory in the place of the file fails its write, as a full disk would.
        Files.createDirectories(file.resolve("full"));

        assertThatThrownBy(() -> store.put(new TestAuthority(new TrustDomain("north.mesh")).bundle()))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> store.remove(first.trustDomain())).isInstanceOf(IOException.class);

        assertThat(store.current().byTrustDomain()).containsOnlyKeys(first.trustDomain());
    }
}
