package dev.meshctl.gateway.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway in a pod holds for its links: an SVID of an hour that it renews by itself, and nothing that lasts. */
@Timeout(120)
class LinkCredentialsTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final String TOKEN = "aaa.projected-token-of-the-pod.ccc";
    private static final String SECRET = "secret-of-the-link-token-000000000000000000";
    /** Half of the life of an SVID, and the whole of the jitter. */
    private static final Duration DUE = Duration.ofMinutes(37);

    @TempDir
    Path directory;

    private final TestAuthority authority = new TestAuthority(WEST);
    private final MovableClock clock = new MovableClock();
    private TestCluster east;
    private FakeControlPlane control;
    private FakeTrustBridge trustBridge;

    @BeforeEach
    void start() throws IOException {
        east = new TestCluster("east", directory);
        control = new FakeControlPlane(authority);
        // SVIDs are of the present, which TLS looks at: the clock goes ahead until the next one is due, and back with it.
        trustBridge = new FakeTrustBridge(authority, () -> clock.move(DUE.negated()));
        east.link(Link.newBuilder().setPeer("west").setTrustDomain(WEST.name())
                .setBundle(TestCluster.json(authority.bundle())));
        Files.writeString(directory.resolve("federation-gateway.token"), TOKEN);
        DurableFile.write(directory.resolve("bundle.json"), SpiffeJson.write(authority.bundle()), DurableFile.SHARED);
    }

    @AfterEach
    void stop() throws Exception {
        east.close();
        control.close();
        trustBridge.close();
    }

    private FederationGateway west() throws Exception {
        return FederationGateway.start(new DaemonConfig("west", WEST, "federation-gateway", directory.resolve("west"),
                Map.of("east-west", "127.0.0.1:0", "metrics", "127.0.0.1:0"), trustBridge.address(), control.address(),
                directory.resolve("bundle.json"), directory, Map.of("platform", "kubernetes")), clock);
    }

    private void linkedWithEast(int version, String joinSecret) {
        control.push(GatewayState.newBuilder().setCluster("west").setTrustDomain(WEST.name()).setVersion(version)
                .addLinks(east.linkTo(east).addAddresses(east.address()).setDialer(true).setJoinSecret(joinSecret)).build());
    }

    @Test
    void its_credential_is_renewed_by_the_one_before_and_each_new_connection_shows_the_one_of_now() throws Exception {
        linkedWithEast(1, "");
        try (FederationGateway west = west()) {
            Await.until("linked", () -> east.count("peering_synced") == 1);
            HostPort port = HostPort.parse(String.valueOf(west.listening().get("east-west")));
            for (int renewal = 1; renewal <= 5; renewal++) {
                int due = renewal;
                BigInteger before = ShownCertificate.serial(port, "link.west.mesh");

                clock.move(DUE);

                Await.until("renewal " + renewal, () -> trustBridge.issued.size() == 1 + due);
                assertThat(trustBridge.renewedWith.getLast()).as("the credential that was good until now").isEqualTo(before);
                Await.until("it is in use", () ->
                        ShownCertificate.serial(port, "link.west.mesh").equals(trustBridge.issued.getLast()));
            }
            east.restart();
            Await.until("linked again", () -> east.count("peering_synced") == 1);
        }
        assertThat(trustBridge.issued).doesNotHaveDuplicates().hasSize(6);
        assertThat(trustBridge.tokens).as("the token of the pod was for the first one only").containsExactly(TOKEN);
    }

    @Test
    void it_keeps_no_token_no_secret_and_no_key_but_that_of_its_own_svid() throws Exception {
        east.control.decides = request -> JoinDecision.newBuilder().setAccepted(true).setCluster("east")
                .setTrustDomain("east.mesh").setBundle(east.bundle()).build();
        linkedWithEast(1, SECRET);
        try (FederationGateway west = west()) {
            Await.until("the secret was taken and the meshes are linked", () -> east.count("peering_synced") == 1);
            linkedWithEast(2, "");
            Await.until("the state without it", () -> !contentOf("state.pb").contains(SECRET));
            assertThat(west.listening()).isNotEmpty();
        }
        List<Path> keys = new ArrayList<>();
        try (Stream<Path> files = Files.walk(directory.resolve("west"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String content = Files.readString(file, StandardCharsets.ISO_8859_1);
                assertThat(content).as(file.toString()).doesNotContain(TOKEN, SECRET, "current-context", "kind: Config");
                if (content.contains("PRIVATE KEY")) {
                    keys.add(file.getFileName());
                    assertThat(Files.getPosixFilePermissions(file)).isEqualTo(PosixFilePermissions.fromString("rw-------"));
                }
            }
        }
        assertThat(keys).containsExactly(Path.of("svid.pem"));
    }

    private String contentOf(String file) {
        try {
            return Files.readString(directory.resolve("west").resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return SECRET; // not written yet
        }
    }
}
