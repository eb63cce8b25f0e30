package dev.meshctl.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.Tokens;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import dev.meshctl.runtime.tls.PeerRejected;
import dev.meshctl.trust.kubernetes.ClusterFooting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pod's identity through its life: a projected token, a bundle from a ConfigMap volume, a state of its own. */
class PodIdentityTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final SpiffeId WEB = new SpiffeId(WEST, "shop", "web");

    /** Behind the real clock, so that what is issued after a move of half an hour is valid in TLS. */
    private final MovableClock clock = new MovableClock(Instant.now().minus(Duration.ofMinutes(40)));
    private final MovableClock podClock = new MovableClock(Instant.now().minus(Duration.ofMinutes(40)));

    @TempDir
    Path directory;

    private TestApi api;
    private TrustBridge bridge;
    private Path bundleFile;
    private DaemonConfig pod;

    @BeforeEach
    void start() throws Exception {
        api = new TestApi();
        api.tokensAreOf("shop", "web");
        bridge = trustBridge("one");
        bundleFile = directory.resolve("bundle.json");
        write(bridge.bundle());
        Files.writeString(directory.resolve("web.token"), "aaa.bbb.ccc");
        pod = new DaemonConfig("west", WEST, "web", directory, Map.of(), bridge.signingAddress(), null, bundleFile,
                directory, Map.of("platform", "kubernetes"));
    }

    @AfterEach
    void stop() {
        bridge.close();
        api.close();
    }

    @Test
    void the_same_token_attests_again_after_the_svid_has_ended() throws Exception {
        try (TrustBridgeClient client = client(bridge.bundle()); WorkloadIdentity identity = start(client)) {
            Svid first = identity.current();

            podClock.move(Duration.ofHours(2));
            Await.until("a new SVID", () -> !identity.current().equals(first));

            assertThat(identity.counters().get("attested")).isGreaterThanOrEqualTo(2);
            assertThat(identity.counters()).doesNotContainKey("renewed");
            assertThat(directory.resolve("web.token")).exists();
            // To the trust bridge's time, so that none is due for a while.
            podClock.move(Duration.ofHours(-2));
            SvidKeystore kept = new SvidKeystore(directory.resolve("svid.pem"));
            Await.until("the one in use is kept", () -> kept.load().equals(Optional.of(identity.current())));
        }
    }

    @Test
    void a_pod_whose_clock_is_far_ahead_does_not_ask_without_a_pause() throws Exception {
        try (TrustBridgeClient client = client(bridge.bundle()); WorkloadIdentity identity = start(client)) {
            podClock.move(Duration.ofHours(2));

            Await.until("it comes due again and again", () -> identity.counters().getOrDefault("svid_due_on_arrival", 0L) > 1);
            assertThat(identity.current().id()).isEqualTo(WEB);
        }
    }

    @Test
    void renewal_goes_on_whatever_becomes_of_who_is_told() throws Exception {
        try (TrustBridgeClient client = client(bridge.bundle()); WorkloadIdentity identity = start(client)) {
            Svid first = identity.current();
            identity.onChange(svid -> {
                throw new UnsatisfiedLinkError("as where a native library cannot be loaded");
            });
            podClock.move(Duration.ofMinutes(37));
            Await.until("a second SVID", () -> !identity.current().equals(first));
            Svid second = identity.current();

            podClock.move(Duration.ofHours(2));

            Await.until("a third SVID", () -> !identity.current().equals(second));
            assertThat(identity.counters().get("listener_failed")).isGreaterThanOrEqualTo(1);
        }
    }

    @Test
    void a_container_started_again_goes_on_with_the_svid_it_kept() throws Exception {
        try (TrustBridgeClient client = client(bridge.bundle())) {
            Svid first;
            try (WorkloadIdentity identity = start(client)) {
                first = identity.current();
            }
            api.goAway();

            try (WorkloadIdentity again = start(client)) {
                assertThat(again.current()).isEqualTo(first);
            }
        }
    }

    @Test
    void a_refused_token_ends_the_start_at_once_though_the_file_still_holds_it() throws Exception {
        api.tokensAreOf("shop", "orders");
        try (TrustBridgeClient client = client(bridge.bundle())) {
            IdentityException refused = catchThrowableOfType(IdentityException.class, () -> start(client));

            assertThat(refused.cause()).isEqualTo("token_for_other_identity");
        }
    }

    @Test
    void a_bundle_that_has_changed_in_its_file_is_found_when_the_trust_bridge_is_refused() throws Exception {
        TrustBundle old = new TestAuthority(WEST).bundle();
        write(old);
        try (TrustBridgeClient client = client(old)) {
            IdentityException refused = catchThrowableOfType(IdentityException.class, () ->
                    client.attest("aaa.bbb.ccc", new byte[0], Duration.ofSeconds(Await.SECONDS)));
            assertThat(PeerRejected.in(refused).map(PeerRejected::cause)).hasValue(PeerRejected.Cause.CHAIN_INVALID);

            write(bridge.bundle());

            try (WorkloadIdentity identity = start(client)) {
                assertThat(identity.current().id()).isEqualTo(WEB);
            }
        }
    }

    @Test
    void an_identity_outlives_a_ca_that_was_made_anew() throws Exception {
        try (TrustBridgeClient client = client(bridge.bundle()); WorkloadIdentity identity = start(client)) {
            X509Certificate before = identity.current().chain().get(1);
            bridge.close();
            api.secretData(Map.of());
            api.mapData("mesh-bundle", Map.of());
            bridge = trustBridge("two");
            write(bridge.bundle());

            // Half of the life and the whole of the jitter: the old SVID still has time, but nobody takes it.
            podClock.move(Duration.ofMinutes(37));

            Await.until("attested anew", () -> !identity.current().chain().get(1).equals(before));
            assertThat(identity.counters()).containsEntry("attested", 2L);
        }
    }

    private WorkloadIdentity start(TrustBridgeClient client) throws IdentityException {
        return WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                WEB, client, new SvidKeystore(directory.resolve("svid.pem")), Tokens.of(pod, "web"), podClock));
    }

    private TrustBridgeClient client(TrustBundle known) {
        return new TrustBridgeClient(
                bridge.signingAddress(), WEST, () -> new Bundles(Map.of(WEST, known)), bundleFile);
    }

    private void write(TrustBundle bundle) throws Exception {
        DurableFile.write(bundleFile, SpiffeJson.write(bundle), DurableFile.SHARED);
    }

    private TrustBridge trustBridge(String name) throws Exception {
        Path data = directory.resolve(name);
        String signing = bridge == null ? "127.0.0.1:0" : bridge.signingAddress().toString();
        DaemonConfig config = new DaemonConfig("west", WEST, name, data,
                Map.of("signing", signing, "bundle", "127.0.0.1:0"), null, null, data.resolve("bundle.json"),
                data.resolve("tokens"), Map.of("platform", "kubernetes", "ca-directory", directory.resolve("none").toString()));
        return TrustBridge.start(config, clock, (c, time, counters) ->
                ClusterFooting.open(c, time, counters, api.newClient(), TestApi.PACE));
    }
}
