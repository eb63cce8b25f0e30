package dev.meshctl.gateway.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.gateway.relay.Network;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway as a pod: configured by an installation, without any way to the API server. */
class PodGatewayTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");

    @TempDir
    Path directory;

    @Test
    void it_starts_from_its_volumes_and_says_the_addresses_it_was_installed_with() throws Exception {
        TestAuthority authority = new TestAuthority(WEST);
        FakeControlPlane control = new FakeControlPlane(authority);
        control.push(GatewayState.newBuilder().setCluster("west").setTrustDomain(WEST.name()).setVersion(1).build());
        Path token = Files.writeString(directory.resolve("federation-gateway.token"), "aaa.bbb.ccc");
        Path data = Files.createDirectories(directory.resolve("data"));
        // As a container has it that is started again, here while no trust bridge answers.
        new SvidKeystore(data.resolve("svid.pem")).store(
                authority.issue(SpiffeId.of(WEST, SystemIdentity.FEDERATION_GATEWAY), Duration.ofHours(1)));
        DurableFile.write(directory.resolve("bundle.json"), SpiffeJson.write(authority.bundle()), DurableFile.SHARED);

        try (FederationGateway gateway = FederationGateway.start(
                config(control.address(), Map.of("advertise", "gw.example.org:15443, 203.0.113.7:443")),
                InstantSource.system())) {
            Await.until("hello", () -> !control.hellos.isEmpty());

            assertThat(control.hellos.getFirst().getAddressesList()).containsExactly("gw.example.org:15443", "203.0.113.7:443");
            assertThat(control.hellos.getFirst().getNode()).isEqualTo("federation-gateway");
            Await.until("connected", gateway::isControlPlaneConnected);
            assertThat(token).content().isEqualTo("aaa.bbb.ccc");
        } finally {
            control.close();
        }
    }

    @Test
    void all_options_of_an_installation_are_honoured() throws ConfigException {
        GatewaySetup setup = setup(Map.of("namespace", "mesh-system", "max-connections", "99",
                "idle-timeout-seconds", "61", "advertise", "[2001:db8::1]:15443", "transit-sources", "10.0.0.0/8,192.0.2.7"));

        assertThat(setup.limits().maxConnections()).isEqualTo(99);
        assertThat(setup.limits().idleTimeout()).isEqualTo(Duration.ofSeconds(61));
        assertThat(setup.advertised()).containsExactly("[2001:db8::1]:15443");
        assertThat(setup.transitSources()).containsExactly(Network.parse("10.0.0.0/8"), Network.parse("192.0.2.7"));
    }

    @Test
    void what_is_advertised_is_what_was_installed_else_what_the_control_plane_knows_else_the_bound_address()
            throws ConfigException {
        InetSocketAddress bound = new InetSocketAddress("192.0.2.1", 15443);
        InetSocketAddress any = new InetSocketAddress("0.0.0.0", 15443);
        GatewaySetup installed = setup(Map.of("advertise", "gw.example.org:15443"));
        GatewaySetup plain = setup(Map.of());

        assertThat(installed.addresses(List.of("203.0.113.7:15443"), any)).containsExactly("gw.example.org:15443");
        assertThat(plain.addresses(List.of("203.0.113.7:15443"), any)).containsExactly("203.0.113.7:15443");
        assertThat(plain.addresses(List.of(), bound)).containsExactly("192.0.2.1:15443");
        assertThat(plain.addresses(List.of(), any)).isEmpty();
        assertThat(plain.addresses(List.of(), new InetSocketAddress("::", 15443))).isEmpty();
    }

    @Test
    void a_wrong_option_is_named() {
        assertThatThrownBy(() -> setup(Map.of("advertise", "gw.example.org"))).hasMessageContaining("options.advertise");
        assertThatThrownBy(() -> setup(Map.of("transit-sources", "10.0.0.0/99"))).hasMessageContaining("options.transit-sources");
        assertThatThrownBy(() -> setup(Map.of("max-connections", "0"))).hasMessageContaining("options.max-connections");
        assertThatThrownBy(() -> setup(Map.of("idle-timeout-seconds", "x"))).hasMessageContaining("options.idle-timeout-seconds");
    }

    private GatewaySetup setup(Map<String, String> options) throws ConfigException {
        return GatewaySetup.of(config(new HostPort("127.0.0.1", 1), options));
    }

    private DaemonConfig config(HostPort controlPlane, Map<String, String> options) {
        Map<String, String> all = new HashMap<>(options);
        all.put("platform", "kubernetes");
        return new DaemonConfig("west", WEST, "federation-gateway", directory.resolve("data"),
                Map.of("east-west", "127.0.0.1:0", "metrics", "127.0.0.1:0"), new HostPort("127.0.0.1", 1), controlPlane,
                directory.resolve("bundle.json"), directory, all);
    }
}
