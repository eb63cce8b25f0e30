package dev.meshctl.cli.install.kubernetes.operate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.api.FakeApiServer;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import dev.meshctl.runtime.identity.Pem;
import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.OptionalInt;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class TrustRestoreTest {
    private static final String SECRETS = Kube.NAMESPACED + "secrets/";
    private static final String CA = SECRETS + "trust-bridge-ca";

    private final Kube kube = new Kube();
    private final Installer installer = new Installer(kube.place());

    @AfterEach
    void close() {
        kube.close();
    }

    @Test
    void the_ca_of_a_checkpoint_is_kept_once_for_all_that_have_the_same() throws Exception {
        kube.install("0.2.0");
        assertThat(backups()).isEmpty();

        authority(pem("root"), pem("issuing"));
        kube.install("0.2.1");
        kube.install("0.2.2");

        assertThat(installer.history()).extracting(each -> each.trust().isPresent()).containsExactly(false, true, true);
        assertThat(backups()).hasSize(1);
        ObjectNode backup = kube.server().objects().get(backups().getFirst());
        assertThat(backup.path("data")).isEqualTo(kube.server().objects().get(CA).path("data"));
        assertThat(backup.path("immutable").asBoolean()).isTrue();
    }

    @Test
    void a_ca_that_was_lost_or_broken_since_is_put_back_and_the_trust_bridge_started_anew() throws Exception {
        installedWithAuthority();
        ObjectNode good = kube.server().objects().get(CA).path("data").deepCopy().asObject();
        kube.install("0.3.0");

        authority(pem("root"), "not a key".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        Prepared broken = back();
        installer.carryOut(broken, kube.progress());
        assertThat(broken.findings()).filteredOn(finding -> finding.check().equals("trust")).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.WARN);
            assertThat(finding.text()).contains("issuing.pem cannot be used: it holds no private key", "the one of then is put back");
        });
        assertThat(kube.server().objects().get(CA).path("data")).isEqualTo(good);
        assertThat(kube.server().objects().get(Kube.DEPLOYMENTS + "trust-bridge").path("spec").path("template").path("metadata")
                .path("annotations").path("meshctl.dev/trust").asString("")).isNotEmpty();

        kube.server().objects().delete(CA);
        installer.carryOut(back(), kube.progress());
        assertThat(kube.server().objects().get(CA).path("data")).isEqualTo(good);
    }

    @Test
    void a_way_back_that_was_interrupted_before_the_trust_bridge_was_started_anew_is_gone_on_with() throws Exception {
        installedWithAuthority();
        kube.install("0.3.0");
        authority(pem("root"), "not a key".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        Prepared broken = back();
        kube.server().fail(1, (method, path) -> method.equals("PATCH") && path.endsWith("/deployments/trust-bridge"),
                403, FakeApiServer.status(403, "Forbidden", "not today"));
        assertThatThrownBy(() -> installer.carryOut(broken, kube.progress())).isInstanceOf(CliError.class);

        Prepared again = back();
        installer.carryOut(again, kube.progress());

        assertThat(again.findings()).filteredOn(finding -> finding.check().equals("trust")).extracting(Finding::text)
                .singleElement().asString().contains("the trust bridge not started anew with it: that is done now");
        assertThat(kube.server().objects().get(Kube.DEPLOYMENTS + "trust-bridge").path("spec").path("template").path("metadata")
                .path("annotations").path("meshctl.dev/trust").asString("")).isNotEmpty();
        assertThat(back().isDone()).isTrue();
    }

    @Test
    void the_same_checkpoint_again_is_not_done_as_long_as_its_ca_is_missing() throws Exception {
        installedWithAuthority();
        assertThat(back().isDone()).isTrue();

        kube.server().objects().get(CA).remove("data");

        assertThat(back().isDone()).isFalse();
    }

    @Test
    void a_ca_of_another_root_stays_since_workloads_trust_it_now() throws Exception {
        installedWithAuthority();
        authority(pem("another root"), pem("issuing"));
        ObjectNode other = kube.server().objects().get(CA).path("data").deepCopy().asObject();

        Prepared prepared = back();
        installer.carryOut(prepared, kube.progress());

        assertThat(prepared.findings()).filteredOn(finding -> finding.check().equals("trust")).extracting(Finding::text)
                .singleElement().asString().contains("another root", "stays: workloads and linked meshes trust it now");
        assertThat(kube.server().objects().get(CA).path("data")).isEqualTo(other);
    }

    @Test
    void what_no_checkpoint_needs_any_more_is_forgotten() throws Exception {
        installedWithAuthority();
        String first = backups().getFirst();
        authority(pem("another root"), pem("issuing"));
        for (int i = 0; i < 11; i++) {
            kube.install("0.2." + i);
        }

        assertThat(backups()).hasSize(1).doesNotContain(first);
    }

    private void installedWithAuthority() throws Exception {
        kube.install("0.2.0");
        authority(pem("root"), pem("issuing"));
        kube.install("0.2.0", "gateway.enabled=false");
    }

    private Prepared back() {
        List<Checkpoint> history = installer.history();
        Checkpoint target = new Rollback(kube.place()).target(OptionalInt.of(2));
        assertThat(history).contains(target);
        return installer.prepare(Rollback.to(target, Conflicts.REFUSE));
    }

    private List<String> backups() {
        return kube.server().objects().paths().stream().filter(path -> path.startsWith(SECRETS + "meshctl-trust-")).toList();
    }

    private void authority(byte[] root, byte[] issuing) {
        kube.server().objects().get(CA).putObject("data").put("root.pem", Base64.getEncoder().encodeToString(root))
                .put("issuing.pem", Base64.getEncoder().encodeToString(issuing));
    }

    private static byte[] pem(String name) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair keys = generator.generateKeyPair();
        X500Principal subject = new X500Principal("CN=" + name);
        Instant now = Instant.now();
        X509Certificate certificate = new JcaX509CertificateConverter().getCertificate(new JcaX509v3CertificateBuilder(subject,
                BigInteger.ONE, Date.from(now), Date.from(now.plus(Duration.ofDays(1))), subject, keys.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        return Pem.write(keys.getPrivate(), List.of(certificate));
    }
}
