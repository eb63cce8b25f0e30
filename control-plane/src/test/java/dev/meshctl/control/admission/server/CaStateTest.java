package dev.meshctl.control.admission.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class CaStateTest {
    private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");

    private static CaState first() {
        return CaState.NONE.advanced(START).orElseThrow();
    }

    @Test
    void an_empty_secret_becomes_a_ca_that_is_read_again_as_it_was() throws Exception {
        CaState made = first();

        CaState read = CaState.read(made.data());

        assertThat(read.current().certificate()).isEqualTo(made.current().certificate());
        assertThat(read.bundle()).isEqualTo(made.bundle());
        assertThat(read.advanced(START.plus(Duration.ofDays(1)))).isEmpty();
        assertThat(made.toString()).doesNotContain("PRIVATE");
    }

    @Test
    void a_new_ca_is_trusted_before_it_signs_and_the_old_one_until_it_ends() throws Exception {
        CaState before = first();
        Instant late = START.plus(Authority.LIFE).minus(Duration.ofDays(100));

        CaState prepared = before.advanced(late).orElseThrow();
        assertThat(prepared.current()).isEqualTo(before.current());
        assertThat(bundled(prepared)).containsExactly(
                before.current().certificate(), prepared.next().certificate());
        assertThat(prepared.advanced(late.plus(Duration.ofMinutes(59)))).isEmpty();

        CaState settled = prepared.advanced(late.plus(CaState.SETTLING)).orElseThrow();
        assertThat(settled.current()).isEqualTo(prepared.next());
        assertThat(bundled(settled)).contains(before.current().certificate());

        CaState done = settled.advanced(START.plus(Authority.LIFE).plusSeconds(1)).orElseThrow();
        assertThat(bundled(done)).containsExactly(settled.current().certificate());
    }

    @Test
    void a_certificate_is_for_the_names_asked_for_and_signed_by_the_ca() throws Exception {
        Authority authority = first().current();

        X509Certificate leaf = authority.issue(List.of("control-plane.mesh-system.svc"), START).chain().getFirst();

        leaf.verify(authority.certificate().getPublicKey());
        assertThat(leaf.getSubjectAlternativeNames()).extracting(n -> String.valueOf(n.get(1))).containsExactly("control-plane.mesh-system.svc");
        assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    }

    private static List<X509Certificate> bundled(CaState state) throws Exception {
        byte[] pem = Base64.getDecoder().decode(state.bundle());
        return java.security.cert.CertificateFactory.getInstance("X.509")
                .generateCertificates(new java.io.ByteArrayInputStream(pem)).stream().map(X509Certificate.class::cast).toList();
    }
}
