package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.ADDRESS;
import static dev.meshctl.proxy.config.ResourceType.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Address;
import dev.meshctl.api.proto.config.AddressedWorkload;
import dev.meshctl.api.proto.config.PortMapping;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AddressDirectoryTest {
    private static final TestAuthority CA = new TestAuthority(new TrustDomain("west.mesh"));
    private static final String HOST = "payments.shop.svc.cluster.local";
    private static final Addressed VIRTUAL = new Addressed.VirtualIp(MeshHost.parse(HOST, "shop").orElseThrow());
    private static final ConfigTiming PATIENT = new ConfigTiming(
            Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMinutes(5), Duration.ofHours(1),
            Duration.ofMillis(1), Duration.ofMillis(20));
    private static final ConfigTiming QUICK = new ConfigTiming(
            Duration.ofMillis(300), Duration.ofMillis(100), Duration.ofMinutes(5), Duration.ofHours(1),
            Duration.ofMillis(1), Duration.ofMillis(20));

    @RegisterExtension
    final FakeControlPlane controlPlane = new FakeControlPlane();

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock(Instant.now());
    private final Counters counters = new Counters();
    private MeshConfig config;

    @BeforeEach
    void settings() {
        controlPlane.has(SETTINGS, "default", "1", Settings.newBuilder().setCluster("west").build());
    }

    @AfterEach
    void close() {
        config.close();
    }

    private void start() throws IOException {
        config = MeshConfig.open(directory, CA.bundle(), PATIENT, clock, counters);
        config.connect(controlPlane.channel(), "west-proxy-0", "west", new Random(1));
    }

    private Addressed lookup(String address) {
        return config.discovery().lookup(InetAddress.ofLiteral(address)).toCompletableFuture()
                .orTimeout(60, TimeUnit.SECONDS).join();
    }

    private void has(String address, String version, Address.Builder what) {
        controlPlane.has(ADDRESS, address, version, what.setAddress(address).build());
    }

    private void push(String address) {
        controlPlane.push(ADDRESS, address, "2", Address.newBuilder().setAddress(address).setHost(HOST).build());
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.96.0.10", "fd96::10"})
    void a_virtual_ip_is_asked_for_on_first_use_and_then_known(String address) throws Exception {
        has(address, "1", Address.newBuilder().setHost(HOST));
        start();

        assertThat(lookup(address)).isEqualTo(VIRTUAL);

        controlPlane.await(FakeControlPlane.subscribes(ADDRESS, address));
        assertThat(config.discovery().lookup(InetAddress.ofLiteral(address)).toCompletableFuture()).isCompletedWithValue(VIRTUAL);
    }

    @Test
    void what_the_control_plane_does_not_have_is_outside_until_it_has() throws Exception {
        start();
        assertThat(lookup("192.0.2.1")).isEqualTo(new Addressed.Outside());

        push("192.0.2.1");

        Eventually.await("it is a virtual IP", () -> lookup("192.0.2.1").equals(VIRTUAL));
        controlPlane.remove(ADDRESS, "192.0.2.1");
        Eventually.await("it is outside again", () -> lookup("192.0.2.1").equals(new Addressed.Outside()));
    }

    @Test
    void a_workloads_address_tells_its_service_and_where_its_ports_are() throws Exception {
        has("10.1.0.7", "1", Address.newBuilder().setWorkload(AddressedWorkload.newBuilder()
                .setId("payments-1").setService("payments").setNamespace("shop").setVersion("v2")
                .addPorts(PortMapping.newBuilder().setServicePort(80).setAppPort(8080).setProtocol(Protocol.HTTP1)))
                .addOthers(AddressedWorkload.newBuilder().setId("payments-1").setService("refunds").setNamespace("shop")
                        .setVersion("v2").addPorts(PortMapping.newBuilder().setServicePort(81).setAppPort(8081)
                                .setProtocol(Protocol.HTTP1))));
        start();

        Addressed answer = lookup("10.1.0.7");

        assertThat(answer).isEqualTo(new Addressed.AtWorkload("payments-1", List.of(
                new Addressed.Behind(new ServiceName("payments", "shop"), "v2",
                        Map.of(80, new AppPort(80, 8080, Protocol.HTTP1))),
                new Addressed.Behind(new ServiceName("refunds", "shop"), "v2",
                        Map.of(81, new AppPort(81, 8081, Protocol.HTTP1))))));
        assertThat(((Addressed.AtWorkload) answer).target(8080))
                .contains(new Addressed.Target(new ServiceName("payments", "shop"), 80));
        assertThat(((Addressed.AtWorkload) answer).target(8081))
                .contains(new Addressed.Target(new ServiceName("refunds", "shop"), 81));
        assertThat(((Addressed.AtWorkload) answer).target(9090)).isEmpty();
    }

    @Test
    void a_watched_address_tells_each_change_and_is_not_let_go() throws Exception {
        start();
        List<Addressed> seen = new CopyOnWriteArrayList<>();
        config.watch(InetAddress.ofLiteral("10.1.0.7"), seen::add);
        Eventually.await("the first answer", () -> seen.size() == 1);

        clock.advance(Duration.ofDays(1));
        config.sweepNow();
        push("10.1.0.7");

        Eventually.await("the change", () -> seen.equals(List.of(new Addressed.Outside(), VIRTUAL)));
    }

    @Test
    void an_idle_address_is_let_go() throws Exception {
        has("10.96.0.10", "1", Address.newBuilder().setHost(HOST));
        start();
        lookup("10.96.0.10");

        clock.advance(Duration.ofHours(2));
        config.sweepNow();

        controlPlane.await(FakeControlPlane.unsubscribes(ADDRESS, "10.96.0.10"));
    }

    @Test
    void what_is_of_the_mesh_is_known_from_disk_while_the_control_plane_is_away_and_the_rest_is_unavailable()
            throws Exception {
        has("10.96.0.10", "1", Address.newBuilder().setHost(HOST));
        start();
        lookup("10.96.0.10");
        config.close();

        config = MeshConfig.open(directory, CA.bundle(), QUICK, clock, counters);

        assertThat(lookup("10.96.0.10")).isEqualTo(VIRTUAL);
        assertThat(counters.count("address_from_disk")).isEqualTo(1);
        assertThat(lookup("192.0.2.1")).isInstanceOf(Addressed.Unavailable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"payments", "not a host", "payments.shop.svc"})
    void a_broken_host_is_refused_by_name(String host) throws Exception {
        has("10.96.0.10", "1", Address.newBuilder().setHost(host));
        start();
        var unused = config.discovery().lookup(InetAddress.ofLiteral("10.96.0.10"));

        assertThat(controlPlane.await(FakeControlPlane.nacks(ADDRESS)).getErrorDetail().getMessage())
                .contains("10.96.0.10").contains("host:").contains(host);
    }
}
