package dev.meshctl.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.SpiffeTrustManager;
import dev.meshctl.trust.client.TrustAdminClient;
import dev.meshctl.trust.client.TrustAdminException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrustBridgeTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TrustDomain EAST = new TrustDomain("east.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");
    private static final SpiffeId ORDERS = new SpiffeId(WEST, "shop", "orders");
    private static final Duration TIMEOUT = Duration.ofSeconds(Await.SECONDS);

    /** Behind the real clock, so that what is issued after a move of half an hour is valid in TLS. */
    private final MovableClock clock = new MovableClock(Instant.now().minus(Duration.ofMinutes(40)));

    @TempDir
    Path directory;

    private TrustBridge bridge;
    private TrustAdminClient admin;
    private TrustBridgeClient client;

    @BeforeEach
    void start() throws Exception {
        bridge = TrustBridge.start(config(Map.of()), clock);
        connect();
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        admin.close();
        bridge.close();
    }

    @Test
    void a_join_token_gives_an_svid_that_the_bundle_vouches_for() throws Exception {
        Svid web = attest(WEB);

        SpiffeTrustManager trust = new SpiffeTrustManager(this::bundles, InstantSource.system());
        assertThat(trust.verify(web.chain().toArray(X509Certificate[]::new))).isEqualTo(WEB);
        assertThat(Duration.between(web.notBefore(), web.notAfter())).isEqualTo(Duration.ofSeconds(3630));
    }

    @Test
    void a_join_token_works_once_even_over_a_restart() throws Exception {
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();
        KeyPair key = CertificateRequests.newKey();
        client.attest(token, CertificateRequests.create(WEB, key), TIMEOUT);

        stop();
        start();

        IdentityException refused = catchThrowableOfType(IdentityException.class, () ->
                client.attest(token, CertificateRequests.create(WEB, key), TIMEOUT));
        assertThat(refused.cause()).isEqualTo("token_used");
        assertThat(admin.status().getRefusalsMap()).containsEntry("token_used", 1L);
    }

    @Test
    void a_token_for_another_identity_and_a_stolen_request_are_refused_by_cause() throws Exception {
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();
        byte[] broken = CertificateRequests.create(WEB, CertificateRequests.newKey());
        broken[broken.length - 3] ^= 1;

        assertThat(attestCause(token, CertificateRequests.create(ORDERS, CertificateRequests.newKey())))
                .isEqualTo("token_for_other_identity");
        assertThat(attestCause(token, broken)).startsWith("csr_");
        assertThat(attestCause("mjt_x", CertificateRequests.create(WEB, CertificateRequests.newKey())))
                .isEqualTo("token_unknown");
    }

    @Test
    void renewal_keeps_the_identity_and_refuses_another() throws Exception {
        Svid web = attest(WEB);
        KeyPair next = CertificateRequests.newKey();

        SvidResponse renewed = client.renew(web, CertificateRequests.create(WEB, next), TIMEOUT);
        IdentityException refused = catchThrowableOfType(IdentityException.class, () ->
                client.renew(web, CertificateRequests.create(ORDERS, next), TIMEOUT));

        X509Certificate leaf = Pem.certificate(renewed.getChain(0).toByteArray());
        assertThat(leaf.getPublicKey()).isEqualTo(next.getPublic());
        assertThat(leaf.getSubjectAlternativeNames()).containsExactly(List.of(6, WEB.toString()));
        assertThat(refused.cause()).isEqualTo("renewal_for_other_identity");
    }

    @Test
    void an_svid_of_another_mesh_cannot_renew_here_even_when_linked() throws Exception {
        TestAuthority east = new TestAuthority(EAST);
        admin.putBundle(east.bundle());
        Svid foreign = east.issue(new SpiffeId(EAST, "shop", "web"), Duration.ofHours(1));

        IdentityException refused = catchThrowableOfType(IdentityException.class, () ->
                client.renew(foreign, CertificateRequests.create(WEB, CertificateRequests.newKey()), TIMEOUT));

        assertThat(refused.cause()).isEqualTo("trust_bridge_unavailable");
        assertThat(admin.status().getSvidsIssued()).isZero();
    }

    @Test
    void a_workload_identity_is_attested_kept_and_renewed_at_half_life() throws Exception {
        Path keystore = directory.resolve("web.pem");
        BlockingQueue<Svid> renewals = new LinkedBlockingQueue<>();
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();

        try (WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, new SvidKeystore(keystore), () -> Optional.of(token), clock))) {
            Svid first = identity.current();
            identity.onChange(renewals::add);
            assertThat(renewals.poll()).isNull();

            // Half of the life and the whole of the jitter.
            clock.move(Duration.ofMinutes(37));
            Svid second = renewals.poll(Await.SECONDS, TimeUnit.SECONDS);

            assertThat(second).isNotNull();
            assertThat(second.id()).isEqualTo(WEB);
            assertThat(second.notAfter()).isAfter(first.notAfter());
            assertThat(second.leaf().getPublicKey()).isNotEqualTo(first.leaf().getPublicKey());
            assertThat(identity.current()).isEqualTo(second);
            assertThat(new SvidKeystore(keystore).load()).hasValue(second);
            assertThat(identity.counters()).containsEntry("attested", 1L).containsEntry("renewed", 1L);
        }
    }

    @Test
    void while_the_trust_bridge_is_away_the_old_svid_stays_and_renewal_follows_when_it_is_back() throws Exception {
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();
        HostPort address = bridge.signingAddress();

        try (WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, new SvidKeystore(directory.resolve("web.pem")), () -> Optional.of(token), clock))) {
            Svid first = identity.current();
            bridge.close();
            clock.move(Duration.ofMinutes(37));
            Await.until("renewal", () -> identity.counters().containsKey("trust_bridge_unavailable"));
            assertThat(identity.current()).isEqualTo(first);

            bridge = TrustBridge.start(config(Map.of("signing", address.toString())), clock);

            Await.until("renewal", () -> !identity.current().equals(first));
            assertThat(identity.counters()).containsEntry("renewed", 1L);
        }
    }

    @Test
    void a_workload_whose_svid_cannot_be_kept_works_all_the_same_and_it_is_counted() throws Exception {
        Path keystore = directory.resolve("web.pem");
        // A directory in the place of the file fails its write, as a full disk would.
        Files.createDirectories(keystore.resolve("full"));
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();

        try (WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, new SvidKeystore(keystore), new OnlyOnce(token)::take, clock))) {
            assertThat(identity.current().id()).isEqualTo(WEB);
            assertThat(identity.counters())
                    .containsEntry("keystore_unreadable", 1L).containsEntry("keystore_write_failed", 1L);
        }
    }

    @Test
    void a_half_written_keystore_is_replaced_by_a_new_identity_and_counted() throws Exception {
        Path keystore = directory.resolve("web.pem");
        new SvidKeystore(keystore).store(attest(WEB));
        String whole = Files.readString(keystore);
        Files.writeString(keystore, whole.substring(0, whole.length() / 2));
        String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();

        try (WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, new SvidKeystore(keystore), new OnlyOnce(token)::take, clock))) {
            assertThat(identity.counters()).containsEntry("keystore_unreadable", 1L);
            assertThat(new SvidKeystore(keystore).load()).hasValue(identity.current());
        }
    }

    @Test
    void a_kept_svid_needs_no_trust_bridge_at_a_restart() throws Exception {
        SvidKeystore keystore = new SvidKeystore(directory.resolve("web.pem"));
        Svid web = attest(WEB);
        keystore.store(web);
        bridge.close();

        try (WorkloadIdentity identity = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, keystore, Optional::empty, clock))) {
            assertThat(identity.current()).isEqualTo(web);
        }
    }

    @Test
    void a_refused_token_ends_the_start_with_the_cause() {
        IdentityException refused = catchThrowableOfType(IdentityException.class, () ->
                WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                        WEB, client, new SvidKeystore(directory.resolve("web.pem")),
                        new OnlyOnce("mjt_wrong")::take, clock)));

        assertThat(refused.cause()).isEqualTo("token_unknown");
    }

    @Test
    void the_trust_bridge_renews_its_own_svid_and_goes_on_serving() throws Exception {
        Svid first = bridge.identity().current();
        clock.move(Duration.ofMinutes(29));
        assertThat(bridge.identity().current()).isEqualTo(first);

        clock.move(Duration.ofMinutes(6));
        Await.until("renewal", () -> !bridge.identity().current().equals(first));

        assertThat(bridge.identity().current().leaf().getPublicKey()).isNotEqualTo(first.leaf().getPublicKey());
        assertThat(attest(ORDERS).id()).isEqualTo(ORDERS);
    }

    @Test
    void watchers_hear_of_each_change_of_the_bundles() throws Exception {
        Svid web = attest(WEB);
        TestAuthority east = new TestAuthority(EAST);
        BlockingQueue<Bundles> heard = new LinkedBlockingQueue<>();

        try (AutoCloseable watch = client.watchBundles(TestAuthority.fixed(web), heard::add)) {
            assertThat(watch).isNotNull();
            assertThat(next(heard).byTrustDomain()).containsOnlyKeys(WEST);

            assertThat(admin.putBundle(east.bundle())).isTrue();
            await(heard, bundles -> bundles.of(EAST).equals(Optional.of(east.bundle())));

            assertThat(admin.removeBundle(EAST)).isTrue();
            await(heard, bundles -> bundles.byTrustDomain().keySet().equals(Set.of(WEST)));
        }
    }

    @Test
    void a_watch_goes_on_after_the_trust_bridge_came_back() throws Exception {
        Svid web = attest(WEB);
        BlockingQueue<Bundles> heard = new LinkedBlockingQueue<>();
        HostPort address = bridge.signingAddress();
        TestAuthority east = new TestAuthority(EAST);

        try (AutoCloseable watch = client.watchBundles(TestAuthority.fixed(web), heard::add)) {
            assertThat(watch).isNotNull();
            next(heard);
            admin.putBundle(east.bundle());
            next(heard);
            bridge.close();
            bridge = TrustBridge.start(config(Map.of("signing", address.toString())), clock);

            assertThat(next(heard).byTrustDomain()).containsOnlyKeys(WEST, EAST);
        }
    }

    @Test
    void the_own_bundle_cannot_be_replaced_and_a_sequence_cannot_go_back() throws Exception {
        TestAuthority east = new TestAuthority(EAST);
        TrustBundle newer = new TrustBundle(EAST, List.of(east.root()), 5, Duration.ofMinutes(5));
        TrustBundle older = new TrustBundle(
                EAST, List.of(new TestAuthority(EAST).root()), 4, Duration.ofMinutes(5));
        admin.putBundle(newer);

        assertThat(adminCause(() -> admin.putBundle(new TestAuthority(WEST).bundle()))).isEqualTo("own_trust_domain");
        assertThat(adminCause(() -> admin.removeBundle(WEST))).isEqualTo("own_trust_domain");
        assertThat(adminCause(() -> admin.putBundle(older))).isEqualTo("bundle_sequence_not_grown");
        assertThat(admin.putBundle(newer)).isFalse();
        assertThat(admin.status().getBundlesList())
                .anySatisfy(bundle -> assertThat(bundle.getDigestSha256()).isEqualTo(SpiffeJson.digest(newer)));
    }

    @Test
    void over_the_network_only_the_admin_makes_tokens_and_the_control_plane_may_put_bundles() throws Exception {
        TestAuthority east = new TestAuthority(EAST);
        Svid controlPlane = attest(SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE));

        try (TrustAdminClient asAdmin = overMesh(attest(SpiffeId.of(WEST, SystemIdentity.ADMIN)));
                TrustAdminClient asControlPlane = overMesh(controlPlane);
                TrustAdminClient asWeb = overMesh(attest(WEB))) {
            assertThat(asAdmin.createJoinToken(WEB, Duration.ofMinutes(1)).token()).isNotEmpty();
            assertThat(asControlPlane.putBundle(east.bundle())).isTrue();
            assertThat(adminCause(() -> asControlPlane.createJoinToken(WEB, Duration.ofMinutes(1))))
                    .isEqualTo("trust_bridge_permission_denied");
            assertThat(adminCause(() -> asWeb.putBundle(east.bundle()))).isEqualTo("trust_bridge_permission_denied");
            assertThat(adminCause(asWeb::status)).isEqualTo("trust_bridge_permission_denied");
        }
    }

    @Test
    void a_token_is_made_only_for_identities_of_the_own_mesh_and_never_for_the_trust_bridge() {
        SpiffeId foreign = new SpiffeId(EAST, "shop", "web");
        SpiffeId itself = SpiffeId.of(WEST, SystemIdentity.TRUST_BRIDGE);

        assertThat(adminCause(() -> admin.createJoinToken(foreign, Duration.ofMinutes(1))))
                .isEqualTo("foreign_trust_domain");
        assertThat(adminCause(() -> admin.createJoinToken(itself, Duration.ofMinutes(1))))
                .isEqualTo("identity_reserved");
    }

    @Test
    void the_admin_socket_and_state_are_for_the_owner_only_and_the_bundle_for_all() throws Exception {
        admin.createJoinToken(WEB, Duration.ofMinutes(1));

        assertThat(mode("admin.sock")).isEqualTo("rw-------");
        assertThat(mode("join-tokens.json")).isEqualTo("rw-------");
        assertThat(mode("bundle.json")).isEqualTo("rw-r--r--");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data()))).isEqualTo("rwx------");
        assertThat(SpiffeJson.read(WEST, Files.readAllBytes(data().resolve("bundle.json"))))
                .isEqualTo(bridge.bundle());
    }

    @Test
    void the_bundle_endpoint_serves_the_bundle_under_the_trust_bridges_svid() throws Exception {
        HttpResponse<byte[]> response = readBundle();

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(SpiffeJson.read(WEST, response.body())).isEqualTo(bridge.bundle());
    }

    @Test
    void readers_of_the_bundle_see_a_renewed_svid() throws Exception {
        Svid first = bridge.identity().current();
        clock.move(Duration.ofMinutes(35));
        Await.until("renewal", () -> !bridge.identity().current().equals(first));

        assertThat(readBundle().sslSession().orElseThrow().getPeerCertificates()[0])
                .isEqualTo(bridge.identity().current().leaf());
    }

    private HttpResponse<byte[]> readBundle() throws Exception {
        SpiffeId expected = SpiffeId.of(WEST, SystemIdentity.TRUST_BRIDGE);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(null, new TrustManager[] {
            new SpiffeTrustManager(this::bundles, InstantSource.system(), expected::equals)
        }, null);
        URI uri = URI.create("https://" + bridge.listening().get("bundle") + "/");
        try (HttpClient http = HttpClient.newBuilder().sslContext(tls).build()) {
            return http.send(
                    HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofByteArray());
        }
    }

    @Test
    void a_lost_ca_stops_the_start_and_nothing_is_overwritten() throws Exception {
        bridge.close();
        Files.move(data().resolve("ca"), directory.resolve("stolen"));

        assertThatThrownBy(() -> TrustBridge.start(config(Map.of()), clock))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("ca is corrupt: it is missing")
                .hasMessageContaining("restore the directory from a backup");

        assertThat(data().resolve("ca")).doesNotExist();
        Files.move(directory.resolve("stolen"), data().resolve("ca"));
        bridge = TrustBridge.start(config(Map.of()), clock);
    }

    @Test
    void half_written_tokens_and_bundles_are_set_aside_and_no_used_token_works_again() throws Exception {
        String used = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();
        byte[] csr = CertificateRequests.create(WEB, CertificateRequests.newKey());
        client.attest(used, csr, TIMEOUT);
        stop();
        Files.writeString(data().resolve("join-tokens.json"), "{\"tokens\":[{");
        Files.writeString(data().resolve("linked-bundles.json"), "{\"bundles\":");

        start();

        assertThat(attestCause(used, csr)).isEqualTo("token_unknown");
        assertThat(attest(WEB).id()).isEqualTo(WEB);
        assertThat(data().resolve("join-tokens.json.corrupt")).hasContent("{\"tokens\":[{");
        assertThat(data().resolve("linked-bundles.json.corrupt")).hasContent("{\"bundles\":");
        assertThat(admin.status().getRefusalsMap())
                .containsEntry("join_tokens_corrupt", 1L).containsEntry("linked_bundles_corrupt", 1L);
    }

    @Test
    void on_a_full_disk_a_bundle_is_refused_with_the_reason_and_the_old_one_stays() throws Exception {
        TestAuthority east = new TestAuthority(EAST);
        admin.putBundle(east.bundle());
        Path file = data().resolve("linked-bundles.json");
        Files.delete(file);
        // A directory in its place fails the write, as a full disk would.
        Files.createDirectories(file.resolve("full"));
        TrustBundle next = new TrustBundle(EAST, List.of(new TestAuthority(EAST).root()), 9, Duration.ofMinutes(5));

        assertThat(adminCause(() -> admin.putBundle(next))).isEqualTo("state_not_written");

        assertThat(admin.status().getBundlesList())
                .anySatisfy(bundle -> assertThat(bundle.getDigestSha256()).isEqualTo(SpiffeJson.digest(east.bundle())))
                .noneSatisfy(bundle -> assertThat(bundle.getDigestSha256()).isEqualTo(SpiffeJson.digest(next)));
        Files.delete(file.resolve("full"));
        Files.delete(file);
        assertThat(admin.putBundle(next)).isTrue();
    }

    @Test
    void on_a_full_disk_the_old_issuing_key_goes_on_signing_until_the_new_one_can_be_kept() throws Exception {
        Path file = data().resolve("ca/issuing.pem");
        byte[] kept = Files.readAllBytes(file);
        String old = issuingFingerprint();
        Files.delete(file);
        Files.createDirectories(file.resolve("full"));

        clock.move(Duration.ofDays(200));
        Await.until("tried", () -> admin.status().getRefusalsMap().containsKey("issuing_key_not_rotated"));
        assertThat(issuingFingerprint()).isEqualTo(old);

        Files.delete(file.resolve("full"));
        Files.delete(file);
        Files.write(file, kept);
        Await.until("rotated", () -> !issuingFingerprint().equals(old));
    }

    private String issuingFingerprint() throws Exception {
        return admin.status().getAuthoritiesList().stream()
                .filter(authority -> authority.getKind().equals("issuing"))
                .findFirst().orElseThrow().getFingerprintSha256();
    }

    @Test
    void garbage_and_foreign_certificates_are_counted_on_both_ports_and_harm_neither() throws Exception {
        HostPort signing = bridge.signingAddress();
        HostPort bundle = HostPort.parse(bridge.listening().get("bundle"));
        Svid foreign = new TestAuthority(EAST).issue(new SpiffeId(EAST, "shop", "web"), Duration.ofHours(1));

        Stranger.garbage(signing);
        Stranger.garbage(bundle);
        assertThat(Stranger.isServed(signing, foreign)).isFalse();

        Await.until("counted", () -> {
            Map<String, Long> refusals = admin.status().getRefusalsMap();
            return refusals.getOrDefault("handshake_failed", 0L) == 2
                    && refusals.getOrDefault("client_unknown_trust_domain", 0L) == 1
                    && refusals.getOrDefault("http_tls_failed", 0L) == 1;
        });
        assertThat(Stranger.isServed(signing, null)).as("who has no certificate yet may ask for one").isTrue();
        assertThat(attest(WEB).id()).isEqualTo(WEB);
        assertThat(readBundle().statusCode()).isEqualTo(200);
    }

    @Test
    void the_metrics_say_what_was_issued_and_refused() throws Exception {
        attest(WEB);
        attestCause("mjt_x", CertificateRequests.create(WEB, CertificateRequests.newKey()));

        assertThat(scrape("/metrics"))
                .contains("meshctl_trust_svids_issued_total 1\n")
                .contains("meshctl_trust_refusals_total{cause=\"token_unknown\"} 1\n")
                .containsPattern("meshctl_trust_authority_not_after_seconds\\{kind=\"root\"} \\d{10,}")
                .contains("meshctl_trust_bundle_sequence{trust_domain=\"west.mesh\"}");
        assertThat(scrape("/readyz")).isEqualTo("ok\n");
    }

    private String scrape(String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://" + bridge.listening().get("metrics") + path))
                            .timeout(TIMEOUT).build(),
                    HttpResponse.BodyHandlers.ofString()).body();
        }
    }

    @Test
    void no_key_and_no_token_is_ever_logged() throws Exception {
        List<String> lines = new CopyOnWriteArrayList<>();
        Handler listening = new Handler() {
            @Override
            public void publish(LogRecord record) {
                lines.add(new SimpleFormatter().format(record));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger root = Logger.getLogger("dev.meshctl");
        root.addHandler(listening);
        root.setLevel(Level.ALL);
        try {
            String token = admin.createJoinToken(WEB, Duration.ofMinutes(5)).token();
            KeyPair key = CertificateRequests.newKey();
            client.attest(token, CertificateRequests.create(WEB, key), TIMEOUT);
            attestCause(token, CertificateRequests.create(WEB, key));
            Svid orders = attest(ORDERS);
            clock.move(Duration.ofDays(200));
            Await.until("issuing key rotated", () -> lines.stream().anyMatch(line -> line.contains("issuing key")));

            assertThat(lines).anyMatch(line -> line.contains("SVID") && line.contains(WEB.toString()));
            assertThat(String.join("\n", lines)).doesNotContain(
                    token, "PRIVATE KEY", base64(key.getPrivate()), base64(orders.key()),
                    secretOf("ca/root.pem"), secretOf("ca/issuing.pem"));
        } finally {
            root.removeHandler(listening);
            root.setLevel(null);
        }
    }

    private static String base64(PrivateKey key) {
        return Base64.getEncoder().encodeToString(key.getEncoded());
    }

    /** The line of the key's PEM block that holds the secret number. */
    private String secretOf(String file) throws Exception {
        return Files.readAllLines(data().resolve(file)).get(2);
    }

    @Test
    void an_address_in_use_and_a_wrong_option_are_named() throws Exception {
        String taken = bridge.signingAddress().toString();
        Path other = directory.resolve("other");

        assertThatThrownBy(() -> TrustBridge.start(config(other, Map.of("signing", taken), Map.of()), clock))
                .hasMessageContaining(taken);
        assertThatThrownBy(() -> TrustBridge.start(
                        config(other, Map.of(), Map.of("svid-ttl-seconds", "59")), clock))
                .hasMessageContaining("options.svid-ttl-seconds")
                .hasMessageContaining("60 to 86400");
    }

    @Test
    void what_is_shown_never_holds_a_token_or_key() throws Exception {
        TrustAdminClient.JoinToken token = admin.createJoinToken(WEB, Duration.ofMinutes(1));
        Svid web = attest(WEB);
        TrustStatus status = admin.status();

        assertThat(token.toString()).doesNotContain(token.token());
        assertThat(status.toString()).doesNotContain(token.token());
        assertThat(status.getRecentList()).anySatisfy(issued -> assertThat(issued.getSpiffeId())
                .isEqualTo(web.id().toString()));
        String key = Base64.getEncoder().encodeToString(web.key().getEncoded());
        assertThat(Files.readString(data().resolve("join-tokens.json"), StandardCharsets.UTF_8))
                .doesNotContain(token.token(), key);
    }

    private void connect() {
        admin = TrustAdminClient.overSocket(bridge.adminSocket());
        client = new TrustBridgeClient(bridge.signingAddress(), WEST, this::bundles);
    }

    private Svid attest(SpiffeId id) throws Exception {
        KeyPair key = CertificateRequests.newKey();
        SvidResponse response = client.attest(
                admin.createJoinToken(id, Duration.ofMinutes(5)).token(), CertificateRequests.create(id, key), TIMEOUT);
        List<X509Certificate> chain = List.of(
                Pem.certificate(response.getChain(0).toByteArray()),
                Pem.certificate(response.getChain(1).toByteArray()));
        return new Svid(id, key.getPrivate(), chain);
    }

    private String attestCause(String token, byte[] csr) {
        return catchThrowableOfType(IdentityException.class, () -> client.attest(token, csr, TIMEOUT)).cause();
    }

    private TrustAdminClient overMesh(Svid as) {
        return TrustAdminClient.overMesh(bridge.signingAddress(), WEST, TestAuthority.fixed(as), this::bundles);
    }

    private static String adminCause(ThrowingCallable call) {
        return catchThrowableOfType(TrustAdminException.class, call).cause();
    }

    private Bundles bundles() {
        return new Bundles(Map.of(WEST, bridge.bundle()));
    }

    private static Bundles next(BlockingQueue<Bundles> heard) throws InterruptedException {
        Bundles next = heard.poll(Await.SECONDS, TimeUnit.SECONDS);
        assertThat(next).as("bundles in time").isNotNull();
        return next;
    }

    /** A watch that was broken and began anew tells again what it has told. */
    private static void await(BlockingQueue<Bundles> heard, Predicate<Bundles> wanted) throws InterruptedException {
        while (!wanted.test(next(heard))) {
            // the next one
        }
    }

    private static final class OnlyOnce {
        private Optional<String> token;

        OnlyOnce(String token) {
            this.token = Optional.of(token);
        }

        Optional<String> take() {
            Optional<String> given = token;
            token = Optional.empty();
            return given;
        }
    }

    private Path data() {
        return directory.resolve("tb");
    }

    private String mode(String name) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(data().resolve(name)));
    }

    private DaemonConfig config(Map<String, String> listen) {
        return config(data(), listen, Map.of());
    }

    private static DaemonConfig config(Path data, Map<String, String> listen, Map<String, String> options) {
        return new DaemonConfig("west", WEST, "node", data,
                Map.of(
                        "signing", listen.getOrDefault("signing", "127.0.0.1:0"),
                        "bundle", listen.getOrDefault("bundle", "127.0.0.1:0"),
                        "metrics", "127.0.0.1:0"),
                null, null, data.resolve("bundle.json"), data.resolve("tokens"), options);
    }
}
