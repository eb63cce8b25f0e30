package dev.meshctl.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.testing.TestAuthority.Leaf;
import dev.meshctl.runtime.tls.PeerRejected.Cause;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;

class SpiffeTrustManagerTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TrustDomain EAST = new TrustDomain("east.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");
    private static final SpiffeId PAYMENTS = new SpiffeId(EAST, "shop", "payments");

    private final TestAuthority west = new TestAuthority(WEST);
    private final TestAuthority east = new TestAuthority(EAST);
    private final Instant now = Instant.now();
    private final SpiffeTrustManager trust = new SpiffeTrustManager(() -> both(), InstantSource.fixed(now));

    @Test
    void a_valid_svid_of_each_trusted_domain_is_accepted() throws PeerRejected {
        assertThat(trust.verify(chain(west.issue(WEB, Duration.ofHours(1))))).isEqualTo(WEB);
        assertThat(trust.verify(chain(east.issue(PAYMENTS, Duration.ofHours(1))))).isEqualTo(PAYMENTS);
    }

    @Test
    void an_expired_svid_is_rejected_as_expired() {
        assertThat(causeOf(west.issue(WEB, Duration.ofSeconds(-1)))).isEqualTo(Cause.EXPIRED);
    }

    @Test
    void an_svid_of_the_future_is_rejected_as_not_yet_valid() {
        Leaf later = Leaf.svid(List.of(WEB.toString()), now.plusSeconds(600), now.plusSeconds(1200));

        assertThat(causeOf(west.issue(WEB, later))).isEqualTo(Cause.NOT_YET_VALID);
    }

    @Test
    void a_trust_domain_without_a_bundle_is_unknown() {
        TrustDomain stranger = new TrustDomain("stranger.mesh");
        Svid svid = new TestAuthority(stranger).issue(new SpiffeId(stranger, "a", "b"), Duration.ofHours(1));

        assertThat(causeOf(svid)).isEqualTo(Cause.UNKNOWN_TRUST_DOMAIN);
    }

    @Test
    void a_trusted_authority_cannot_sign_for_another_trusted_domain() {
        // Both roots are trusted, each for its own domain only.
        assertThat(causeOf(east.issue(WEB, Duration.ofHours(1)))).isEqualTo(Cause.CHAIN_INVALID);
    }

    @Test
    void a_root_of_the_same_name_but_another_key_is_no_authority() {
        assertThat(causeOf(new TestAuthority(WEST).issue(WEB, Duration.ofHours(1)))).isEqualTo(Cause.CHAIN_INVALID);
    }

    @Test
    void a_leaf_with_two_uri_sans_is_not_an_svid() {
        Leaf two = Leaf.svid(List.of(WEB.toString(), PAYMENTS.toString()), now.minusSeconds(60), now.plusSeconds(60));

        assertThat(causeOf(west.issue(WEB, two))).isEqualTo(Cause.NOT_AN_SVID);
    }

    @Test
    void a_leaf_whose_uri_is_no_spiffe_id_is_not_an_svid() {
        Leaf web = Leaf.svid(List.of("https://west.mesh/"), now.minusSeconds(60), now.plusSeconds(60));

        assertThat(causeOf(west.issue(WEB, web))).isEqualTo(Cause.NOT_AN_SVID);
    }

    @Test
    void a_leaf_that_is_an_authority_is_not_an_svid() {
        Leaf ca = Leaf.authority(List.of(WEB.toString()), now.minusSeconds(60), now.plusSeconds(60));

        assertThat(causeOf(west.issue(WEB, ca))).isEqualTo(Cause.NOT_AN_SVID);
    }

    @Test
    void a_leaf_that_may_sign_certificates_is_not_an_svid() {
        Leaf signer = new Leaf(List.of(WEB.toString()), now.minusSeconds(60), now.plusSeconds(60), false,
                KeyUsage.digitalSignature | KeyUsage.keyCertSign);

        assertThat(causeOf(west.issue(WEB, signer))).isEqualTo(Cause.NOT_AN_SVID);
    }

    @Test
    void a_workload_cannot_sign_for_another_by_showing_its_own_certificate_as_intermediate() {
        Svid web = west.issue(WEB, Duration.ofHours(1));
        Svid other = new TestAuthority(WEST).issue(new SpiffeId(WEST, "shop", "admin"), Duration.ofHours(1));

        PeerRejected rejected = catchThrowableOfType(
                PeerRejected.class, () -> trust.verify(new X509Certificate[] {other.leaf(), web.leaf()}));

        assertThat(rejected.cause()).isEqualTo(Cause.CHAIN_INVALID);
    }

    @Test
    void a_valid_svid_of_somebody_else_than_expected_is_rejected_by_name() {
        SpiffeTrustManager picky = new SpiffeTrustManager(() -> both(), InstantSource.fixed(now), PAYMENTS::equals);

        PeerRejected rejected = catchThrowableOfType(
                PeerRejected.class, () -> picky.verify(chain(west.issue(WEB, Duration.ofHours(1)))));

        assertThat(rejected.cause()).isEqualTo(Cause.UNEXPECTED_IDENTITY);
        assertThat(rejected).hasMessageContaining(WEB.toString());
    }

    @Test
    void an_empty_and_an_endless_chain_are_rejected() {
        X509Certificate leaf = west.issue(WEB, Duration.ofHours(1)).leaf();

        assertThat(catchThrowableOfType(PeerRejected.class, () -> trust.verify(new X509Certificate[0])).cause())
                .isEqualTo(Cause.CHAIN_INVALID);
        assertThat(catchThrowableOfType(PeerRejected.class, () -> trust.verify(
                        new X509Certificate[] {leaf, leaf, leaf, leaf, leaf, leaf})).cause())
                .isEqualTo(Cause.CHAIN_INVALID);
    }

    private Cause causeOf(Svid svid) {
        return catchThrowableOfType(PeerRejected.class, () -> trust.verify(chain(svid))).cause();
    }

    private Bundles both() {
        return new Bundles(Map.of(WEST, west.bundle(), EAST, east.bundle()));
    }

    private static X509Certificate[] chain(Svid svid) {
        return svid.chain().toArray(X509Certificate[]::new);
    }
}
