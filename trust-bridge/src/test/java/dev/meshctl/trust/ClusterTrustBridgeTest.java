package dev.meshctl.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.SpiffeTrustManager;
import dev.meshctl.trust.client.TrustAdminClient;
import dev.meshctl.trust.client.TrustAdminException;
import dev.meshctl.trust.kubernetes.ClusterFooting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trust bridges on Kubernetes, before an API server that holds their state. */
class ClusterTrustBridgeTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TrustDomain EAST = new TrustDomain("east.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");
    private static final String TOKEN = "aaa.bbb.ccc";
    private static final Duration TIMEOUT = Duration.ofSeconds(Await.SECONDS);

    /** Such that what is issued at the start is valid at the real time; after a rotation nothing is. */
    private final MovableClock clock = new MovableClock(Instant.now().minus(Duration.ofMinutes(40)));

    @TempDir
    Path directory;

    private TestApi api;
    private final Map<String, Replica> replicas = new HashMap<>();

    @BeforeEach
    void start() {
        api = new TestApi();
        api.tokensAreOf("shop", "web");
    }

    @AfterEach
    void stop() {
        replicas.values().forEach(Replica::close);
        api.close();
    }

    @Test
    void the_first_start_makes_a_ca_in_the_empty_secret_and_publishes_the_bundle() throws Exception {
        Replica one = replica("one");

        assertThat(api.secret().getData()).containsOnlyKeys("root.pem", "issuing.pem");
        assertThat(pem("root.pem")).contains("BEGIN PRIVATE KEY", "BEGIN CERTIFICATE");
        assertThat(api.secret().getMetadata().getLabels()).containsEntry("app.kubernetes.io/part-of", "meshctl");
        assertThat(api.map("mesh-bundle")).containsOnlyKeys("bundle.json");
        assertThat(published()).isEqualTo(one.bridge.bundle());
        assertThat(Files.exists(one.data.resolve("ca"))).as("no key on the pod's disk").isFalse();
    }

    @Test
    void a_pods_token_gives_its_identity_and_the_next_svid_comes_from_any_replica() throws Exception {
        Replica one = replica("one");
        Replica two = replica("two");

        Svid first = one.attest(WEB);
        SvidResponse second = two.client.renew(first, CertificateRequests.create(WEB, CertificateRequests.newKey()), TIMEOUT);

        SpiffeTrustManager trust = new SpiffeTrustManager(one::ownBundle, InstantSource.system());
        assertThat(trust.verify(first.chain().toArray(X509Certificate[]::new))).isEqualTo(WEB);
        assertThat(Pem.certificate(second.getChain(1).toByteArray())).isEqualTo(first.chain().get(1));
        assertThat(two.bridge.bundle()).isEqualTo(one.bridge.bundle());
    }

    @Test
    void a_token_gives_no_other_identity_and_that_is_counted() throws Exception {
        Replica one = replica("one");

        assertThat(one.refusalOf(SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE))).isEqualTo("token_for_other_identity");

        assertThat(one.count("token_for_other_identity")).isEqualTo(1);
    }

    @Test
    void the_account_of_the_control_plane_gets_its_identity() throws Exception {
        api.tokensAreOf("mesh-system", "control-plane");
        SpiffeId id = SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE);

        assertThat(replica("one").attest(id).id()).isEqualTo(id);
    }

    @Test
    void it_asks_for_nothing_that_its_role_does_not_permit() throws Exception {
        api.questions();
        Replica one = replica("one");
        one.attest(WEB);
        String before = one.issuing();
        one.admin.putBundle(new TestAuthority(EAST).bundle());
        one.admin.removeBundle(EAST);
        clock.move(Duration.ofDays(200));
        Await.until("rotation", () -> !one.issuing().equals(before));
        one.close();

        // docs/kubernetes/rbac.md, in the words of HTTP: get and update of named objects, and two creations.
        assertThat(api.questions()).containsExactlyInAnyOrder(
                "GET /api/v1/namespaces/mesh-system/secrets/trust-bridge-ca",
                "PUT /api/v1/namespaces/mesh-system/secrets/trust-bridge-ca",
                "GET /api/v1/namespaces/mesh-system/configmaps/mesh-bundle",
                "PUT /api/v1/namespaces/mesh-system/configmaps/mesh-bundle",
                "GET /api/v1/namespaces/mesh-system/configmaps/linked-bundles",
                "PUT /api/v1/namespaces/mesh-system/configmaps/linked-bundles",
                "GET /apis/coordination.k8s.io/v1/namespaces/mesh-system/leases/trust-bridge",
                "POST /apis/coordination.k8s.io/v1/namespaces/mesh-system/leases",
                "PUT /apis/coordination.k8s.io/v1/namespaces/mesh-system/leases/trust-bridge",
                "POST /apis/authentication.k8s.io/v1/tokenreviews");
    }

    @Test
    void join_tokens_are_refused_with_the_way_to_go() throws Exception {
        Replica one = replica("one");

        TrustAdminException refused = catchThrowableOfType(
                TrustAdminException.class, () -> one.admin.createJoinToken(WEB, Duration.ofMinutes(1)));

        assertThat(refused.cause()).isEqualTo("no_join_tokens");
        assertThat(refused).hasMessageContaining("service account tokens");
    }

    @Test
    void the_holder_of_the_lease_rotates_the_issuing_key_and_the_others_follow() throws Exception {
        Replica one = replica("one");
        Await.until("the lease", () -> api.leaseHolder().startsWith("one"));
        Replica two = replica("two");
        String before = one.issuing();

        clock.move(Duration.ofDays(200));

        Await.until("rotation", () -> !one.issuing().equals(before));
        Await.until("the other replica", () -> two.issuing().equals(one.issuing()));
        assertThat(api.leaseHolder()).startsWith("one");
        assertThat(one.bridge.bundle()).as("the root stays").isEqualTo(two.bridge.bundle());
        assertThat(pem("issuing.pem")).contains("BEGIN PRIVATE KEY");
    }

    @Test
    void without_the_api_server_renewals_go_on_and_attestations_may_come_again() throws Exception {
        Replica one = replica("one");
        Svid web = one.attest(WEB);

        api.goAway();

        Await.until("news are missed", () -> one.count("ca_not_followed") > 0);
        one.client.renew(web, CertificateRequests.create(WEB, CertificateRequests.newKey()), TIMEOUT);
        assertThat(one.refusalOf(WEB)).isEqualTo("token_review_unreachable");
        assertThat(one.count("token_review_unreachable")).isEqualTo(1);
    }

    @Test
    void a_container_started_again_without_the_api_server_signs_with_the_mounted_ca() throws Exception {
        Replica one = replica("one");
        Svid web = one.attest(WEB);
        Path mounted = Files.createDirectories(directory.resolve("ca"));
        for (String part : List.of("root.pem", "issuing.pem")) {
            Files.writeString(mounted.resolve(part), pem(part));
        }
        one.close();
        api.goAway();

        Replica again = replica("one");

        again.client.renew(web, CertificateRequests.create(WEB, CertificateRequests.newKey()), TIMEOUT);
        assertThat(again.count("ca_from_mounted_files")).isEqualTo(1);
    }

    @Test
    void a_first_start_without_the_api_server_fails_and_says_so() throws Exception {
        api.goAway();

        assertThatThrownBy(() -> replica("one")).isInstanceOf(IOException.class)
                .hasMessageContaining("the API server does not answer");
    }

    @Test
    void a_ca_that_was_lost_is_not_made_anew() throws Exception {
        replica("one").close();
        api.secretData(Map.of());

        assertThatThrownBy(() -> replica("two"))
                .hasMessageContaining("Secret mesh-system/trust-bridge-ca").hasMessageContaining("backup");
        assertThat(api.secret().getData()).isNullOrEmpty();
    }

    @Test
    void a_half_filled_secret_stops_the_start_and_names_the_part() throws Exception {
        replica("one").close();
        api.secretData(Map.of("root.pem", api.secret().getData().get("root.pem")));

        assertThatThrownBy(() -> replica("two")).hasMessageContaining("issuing.pem").hasMessageContaining("missing");
    }

    @Test
    void a_secret_that_is_emptied_later_changes_nothing_but_a_counter() throws Exception {
        Replica one = replica("one");
        Map<String, String> before = api.secret().getData();

        api.secretData(Map.of());
        Await.until("noticed", () -> one.count("ca_not_followed") > 0);
        assertThat(one.attest(WEB).id()).isEqualTo(WEB);
        api.secretData(before);

        assertThat(one.attest(WEB).id()).isEqualTo(WEB);
        assertThat(api.secret().getData()).isEqualTo(before);
    }

    @Test
    void a_bundle_map_that_is_emptied_is_filled_again() throws Exception {
        Replica one = replica("one");
        Await.until("the lease", () -> api.leaseHolder().startsWith("one"));

        api.mapData("mesh-bundle", Map.of());

        Await.until("filled", () -> api.map("mesh-bundle").containsKey("bundle.json"));
        assertThat(published()).isEqualTo(one.bridge.bundle());
    }

    @Test
    void a_linked_bundle_put_at_one_replica_is_known_to_all_and_so_is_its_removal() throws Exception {
        Replica one = replica("one");
        Replica two = replica("two");
        TrustBundle east = new TestAuthority(EAST).bundle();

        assertThat(one.admin.putBundle(east)).isTrue();
        assertThat(one.admin.putBundle(east)).isFalse();

        Await.until("the other replica", () -> two.knows(EAST));
        assertThat(api.map("linked-bundles")).containsOnlyKeys("east.mesh.json");
        assertThat(two.admin.removeBundle(EAST)).isTrue();
        Await.until("removed", () -> !one.knows(EAST));
        assertThat(api.map("linked-bundles")).isEmpty();
    }

    @Test
    void a_bundle_that_another_replica_has_put_or_removed_is_known_to_the_one_that_is_told_so_again_at_once() throws Exception {
        ClusterFooting.Pace once = new ClusterFooting.Pace(TIMEOUT, Duration.ofDays(1));
        Replica one = replica("one", once);
        Replica two = replica("two", once);
        TrustBundle east = new TestAuthority(EAST).bundle();
        one.admin.putBundle(east);

        assertThat(two.admin.putBundle(east)).as("it was there").isFalse();
        assertThat(two.knows(EAST)).isTrue();

        one.admin.removeBundle(EAST);
        assertThat(two.admin.removeBundle(EAST)).as("it was gone").isFalse();
        assertThat(two.knows(EAST)).isFalse();
    }

    @Test
    void a_linked_bundle_that_cannot_be_understood_is_counted_and_left_alone() throws Exception {
        Map<String, String> data = new HashMap<>(Map.of(
                "south.mesh.json", "{", "west.mesh.json", "{\"keys\":[]}", "README", "do not edit"));
        api.mapData("linked-bundles", data);
        Replica one = replica("one");

        one.admin.putBundle(new TestAuthority(EAST).bundle());

        assertThat(one.knows(EAST)).isTrue();
        assertThat(api.map("linked-bundles")).containsAllEntriesOf(data).containsKey("east.mesh.json");
        assertThat(one.count("linked_bundle_unusable")).isGreaterThanOrEqualTo(3);
        assertThat(one.bundles().of(WEST)).hasValue(one.bridge.bundle());
    }

    @Test
    void a_bundle_that_cannot_be_stored_is_not_taken() throws Exception {
        Replica one = replica("one");
        api.goAway();

        TrustAdminException failed = catchThrowableOfType(
                TrustAdminException.class, () -> one.admin.putBundle(new TestAuthority(EAST).bundle()));

        assertThat(failed.cause()).isEqualTo("state_not_written");
        assertThat(one.knows(EAST)).isFalse();
    }

    private Replica replica(String name) throws Exception {
        return replica(name, TestApi.PACE);
    }

    private Replica replica(String name, ClusterFooting.Pace pace) throws Exception {
        Replica replica = new Replica(name, pace);
        replicas.put(name, replica);
        return replica;
    }

    private TrustBundle published() {
        return SpiffeJson.read(WEST, api.map("mesh-bundle").getOrDefault("bundle.json", "").getBytes(StandardCharsets.UTF_8));
    }

    private String pem(String part) {
        return new String(Base64.getDecoder().decode(api.secret().getData().get(part)), StandardCharsets.US_ASCII);
    }

    /** One pod. */
    private final class Replica implements AutoCloseable {
        final Path data;
        final TrustBridge bridge;
        final TrustAdminClient admin;
        final TrustBridgeClient client;

        Replica(String name, ClusterFooting.Pace pace) throws Exception {
            data = directory.resolve(name);
            DaemonConfig config = new DaemonConfig("west", WEST, name, data,
                    Map.of("signing", "127.0.0.1:0", "bundle", "127.0.0.1:0", "metrics", "127.0.0.1:0"), null, null,
                    data.resolve("bundle.json"), data.resolve("tokens"),
                    Map.of("platform", "kubernetes", "ca-directory", directory.resolve("ca").toString()));
            bridge = TrustBridge.start(config, clock, (c, time, counters) ->
                    ClusterFooting.open(c, time, counters, api.newClient(), pace));
            admin = TrustAdminClient.overSocket(bridge.adminSocket());
            client = new TrustBridgeClient(bridge.signingAddress(), WEST, this::ownBundle);
        }

        Bundles ownBundle() {
            return new Bundles(Map.of(WEST, bridge.bundle()));
        }

        Svid attest(SpiffeId id) throws Exception {
            KeyPair key = CertificateRequests.newKey();
            SvidResponse response = client.attest(TOKEN, CertificateRequests.create(id, key), TIMEOUT);
            return new Svid(id, key.getPrivate(), List.of(
                    Pem.certificate(response.getChain(0).toByteArray()), Pem.certificate(response.getChain(1).toByteArray())));
        }

        String refusalOf(SpiffeId id) {
            return catchThrowableOfType(IdentityException.class, () -> attest(id)).cause();
        }

        /** By the owner's socket: TLS would go by the real time. */
        String issuing() throws Exception {
            return admin.status().getAuthoritiesList().stream().filter(authority -> authority.getKind().equals("issuing"))
                    .findFirst().orElseThrow().getFingerprintSha256();
        }

        Bundles bundles() throws Exception {
            SvidResponse response =
                    client.attest(TOKEN, CertificateRequests.create(WEB, CertificateRequests.newKey()), TIMEOUT);
            Map<TrustDomain, TrustBundle> all = new HashMap<>();
            response.getBundles().getBundlesList().forEach(bundle -> {
                TrustDomain trustDomain = new TrustDomain(bundle.getTrustDomain());
                all.put(trustDomain, SpiffeJson.read(trustDomain, bundle.getSpiffeJson().toByteArray()));
            });
            return new Bundles(all);
        }

        boolean knows(TrustDomain trustDomain) throws Exception {
            return admin.status().getBundlesList().stream()
                    .anyMatch(bundle -> bundle.getTrustDomain().equals(trustDomain.name()));
        }

        long count(String cause) throws Exception {
            return admin.status().getRefusalsMap().getOrDefault(cause, 0L);
        }

        @Override
        public void close() {
            client.close();
            admin.close();
            bridge.close();
        }
    }
}
