package dev.meshctl.trust.authority;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.tls.SpiffeTrustManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateAuthorityTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");
    private static final Duration HOUR = Duration.ofHours(1);

    private final MovableClock clock = new MovableClock(Instant.parse("2026-01-01T00:00:00Z"));

    @TempDir
    Path directory;

    @Test
    void an_svid_says_what_x509_svid_asks_and_nothing_more() throws Exception {
        List<X509Certificate> chain = issue(open());
        X509Certificate leaf = chain.getFirst();

        assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, WEB.toString()));
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
        assertThat(leaf.getKeyUsage()).startsWith(true, false, false, false, false, false, false);
        assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.15");
        assertThat(leaf.getExtendedKeyUsage()).containsExactlyInAnyOrder("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
        assertThat(leaf.getNotBefore().toInstant()).isEqualTo(clock.instant().minusSeconds(30));
        assertThat(leaf.getNotAfter().toInstant()).isEqualTo(clock.instant().plus(HOUR));
        assertThat(leaf.getSerialNumber().bitLength()).isBetween(65, 128);
        assertThat(chain).hasSize(2);
    }

    @Test
    void the_chain_is_accepted_by_the_mesh_with_the_bundle_alone() throws Exception {
        CertificateAuthority authority = open();
        SpiffeTrustManager trust =
                new SpiffeTrustManager(() -> new Bundles(Map.of(WEST, authority.bundle())), clock);

        assertThat(trust.verify(issue(authority).toArray(X509Certificate[]::new))).isEqualTo(WEB);
    }

    @Test
    void the_root_stays_the_same_over_a_restart() throws Exception {
        X509Certificate before = open().rootCertificate();

        assertThat(open().rootCertificate()).isEqualTo(before);
    }

    @Test
    void keys_are_for_the_owner_only_and_never_in_text() throws Exception {
        CertificateAuthority authority = open();

        for (String name : List.of("root.pem", "issuing.pem")) {
            assertThat(mode(ca(name))).isEqualTo("rw-------");
        }
        assertThat(mode(directory.resolve("ca"))).isEqualTo("rwx------");
        assertThat(authority.toString()).isEqualTo("CertificateAuthority[west.mesh]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"root.pem", "issuing.pem"})
    void a_half_written_missing_or_strange_key_file_is_an_error_that_names_it_and_it_stays(String name)
            throws Exception {
        open();
        String whole = Files.readString(ca(name));
        for (String wrong : List.of("", "garbage", whole.substring(0, whole.length() / 2))) {
            Files.writeString(ca(name), wrong);

            assertCorrupt(name, whole);
            assertThat(ca(name)).hasContent(wrong);
        }
        Files.delete(ca(name));

        assertCorrupt(name, whole);
        assertThat(ca(name)).doesNotExist();
    }

    @Test
    void an_issuing_key_of_another_root_is_an_error() throws Exception {
        open();
        byte[] foreign = Files.readAllBytes(ca("issuing.pem"));
        Path other = Files.createDirectory(directory.resolve("other"));
        CertificateAuthority.open(other, WEST, clock, new SecureRandom(), true);
        Files.write(other.resolve("ca/issuing.pem"), foreign);

        assertThatThrownBy(() -> CertificateAuthority.open(other, WEST, clock, new SecureRandom(), true))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("not signed by the root");
    }

    @Test
    void the_directory_of_another_trust_domain_is_refused() throws Exception {
        open();

        assertThatThrownBy(() -> CertificateAuthority.open(
                        directory, new TrustDomain("east.mesh"), clock, new SecureRandom(), true))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("not the root of east.mesh");
    }

    @Test
    void a_lost_ca_is_not_made_again_silently() {
        assertThatThrownBy(() -> CertificateAuthority.open(directory, WEST, clock, new SecureRandom(), false))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("restore");
        assertThat(directory.resolve("ca")).doesNotExist();
    }

    @Test
    void a_crash_while_the_ca_was_made_leaves_none_and_the_next_start_makes_one() throws Exception {
        Path draft = Files.createDirectory(directory.resolve("ca.new"));
        Files.write(draft.resolve("root.pem"), "half".getBytes(StandardCharsets.US_ASCII));

        open();

        assertThat(draft).doesNotExist();
        assertThat(open().rootCertificate()).isNotNull();
    }

    @Test
    void the_issuing_key_is_replaced_at_half_life_under_the_same_root() throws Exception {
        CertificateAuthority authority = open();
        X509Certificate before = authority.issuingCertificate();
        X509Certificate[] earlier = issue(authority).toArray(X509Certificate[]::new);
        clock.move(Duration.ofDays(180));
        assertThat(authority.rotateIssuingIfDue()).isFalse();

        clock.move(Duration.ofDays(3));
        assertThat(authority.rotateIssuingIfDue()).isTrue();

        assertThat(authority.issuingCertificate()).isNotEqualTo(before);
        SpiffeTrustManager trust =
                new SpiffeTrustManager(() -> new Bundles(Map.of(WEST, authority.bundle())), clock);
        assertThat(trust.verify(issue(open()).toArray(X509Certificate[]::new))).isEqualTo(WEB);
        assertThat(earlier[1]).isEqualTo(before);
    }

    @Test
    void an_svid_never_outlives_the_issuing_certificate_and_none_is_issued_after_its_end() throws Exception {
        CertificateAuthority authority = open();
        Instant end = authority.issuingCertificate().getNotAfter().toInstant();

        clock.move(Duration.between(clock.instant(), end).minusMinutes(10));
        assertThat(issue(authority).getFirst().getNotAfter().toInstant()).isEqualTo(end);

        clock.move(Duration.ofMinutes(10));
        assertThatThrownBy(() -> issue(authority))
                .isInstanceOf(GeneralSecurityException.class)
                .hasMessageContaining("ended at");
    }

    @Test
    void an_identity_of_another_trust_domain_is_not_signed() throws Exception {
        CertificateAuthority authority = open();
        SpiffeId foreign = SpiffeId.parse("spiffe://east.mesh/ns/shop/sa/web");

        assertThatThrownBy(() -> authority.issue(foreign, CertificateRequests.newKey().getPublic(), HOUR))
                .isInstanceOf(GeneralSecurityException.class);
    }

    private void assertCorrupt(String name, String whole) {
        String keyLine = whole.lines().skip(1).findFirst().orElseThrow();
        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(ca(name).toString())
                .hasMessageContaining("restore the directory from a backup")
                .hasMessageNotContaining(keyLine);
    }

    private CertificateAuthority open() throws IOException {
        return CertificateAuthority.open(directory, WEST, clock, new SecureRandom(), true);
    }

    private static List<X509Certificate> issue(CertificateAuthority authority) throws GeneralSecurityException {
        return authority.issue(WEB, CertificateRequests.newKey().getPublic(), HOUR);
    }

    private Path ca(String name) {
        return directory.resolve("ca").resolve(name);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }
}
