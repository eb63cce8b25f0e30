package dev.meshctl.proxy.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.proxy.HostWorkload;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.proxy.config.Eventually;
import dev.meshctl.runtime.testing.HeldPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WorkloadHostTest {
    private static final Consumer<HostRefused> NEVER = why -> {
        throw new AssertionError("lost: " + why.reason());
    };

    @TempDir
    Path directory;

    private final FakeSetup fakes = new FakeSetup();
    private final List<HeldPort> held = new ArrayList<>();
    private WorkloadHost host;

    @BeforeEach
    void open() throws IOException {
        host = new WorkloadHost(fakes.in(directory, ""));
    }

    @AfterEach
    void close() throws IOException {
        host.close();
        for (HeldPort port : held) {
            port.close();
        }
    }

    /** Of an application that does not listen. */
    private int silentPort() throws IOException {
        HeldPort port = new HeldPort();
        held.add(port);
        return port.port();
    }

    private static HostWorkload client(String id) {
        return HostWorkload.newBuilder().setId(id).setNamespace("shop").setServiceAccount("web")
                .setJoinToken("token-of-" + id).build();
    }

    private void refused(HostWorkload workload, String cause, String... inMessage) {
        assertThatThrownBy(() -> host.host(workload, NEVER)).isInstanceOfSatisfying(HostRefused.class, e -> {
            assertThat(e.cause()).isEqualTo(cause);
            assertThat(e.reason()).contains(inMessage);
        });
        assertThat(fakes.counters.count("host_refused_" + cause)).isEqualTo(1);
    }

    @Test
    void a_hosted_workload_has_its_identity_listeners_policies_and_key() throws Exception {
        Workload workload = host.host(FakeSetup.workload("payments-v1-a.shop", silentPort())
                .addUpstreams(Upstream.newBuilder().setHost("inventory.shop").setPort(5432)).build(), NEVER);
        assertThat(workload.scope().identity()).hasToString("spiffe://west.mesh/ns/shop/sa/payments");
        assertThat(workload.outboundAddress().getPort()).isPositive();
        assertThat(workload.inboundAddress()).isPresent();
        assertThat(workload.upstreams()).singleElement().satisfies(up -> {
            assertThat(up.host()).isEqualTo("inventory.shop");
            assertThat(up.address().getPort()).isPositive();
        });
        assertThat(fakes.policies).containsExactly(ServiceName.parse("payments.shop"));
        assertThat(directory.resolve("svids/payments-v1-a.shop.pem")).exists();
        assertThat(host.list()).containsExactly(workload);
    }

    @Test
    void what_leaves_for_good_leaves_nothing_behind() throws Exception {
        Workload workload = host.host(FakeSetup.workload("a", silentPort()).build(), NEVER);
        assertThat(host.unhost(workload, true)).isTrue();
        assertThat(host.unhost(workload, true)).isFalse();
        assertThat(fakes.open).isEmpty();
        assertThat(fakes.policies).isEmpty();
        assertThat(fakes.renewing).isEmpty();
        assertThat(directory.resolve("svids/a.pem")).doesNotExist();
        assertThat(host.list()).isEmpty();
    }

    @Test
    void who_comes_back_soon_needs_no_token() throws Exception {
        Workload workload = host.host(FakeSetup.workload("a", silentPort()).build(), NEVER);
        host.unhost(workload, false);
        HostWorkload again = FakeSetup.workload("a", silentPort()).clearJoinToken().build();
        assertThat(host.host(again, NEVER).svidNotAfter()).isEqualTo(workload.svidNotAfter());
    }

    @Test
    void who_does_not_come_back_within_a_minute_loses_its_key() throws Exception {
        WorkloadFiles svids = new WorkloadFiles(directory.resolve("apart"), fakes.clock, fakes.counters);
        Files.writeString(svids.keystore("gone"), "key");
        svids.abandon("gone");
        svids.sweep(Set.of());
        assertThat(svids.keystore("gone")).exists();
        fakes.clock.advance(WorkloadFiles.COME_BACK.plusSeconds(1));
        svids.sweep(Set.of());
        assertThat(svids.keystore("gone")).doesNotExist();
    }

    @Test
    void keys_that_a_crash_left_are_removed_once_they_must_have_expired() throws Exception {
        WorkloadFiles svids = new WorkloadFiles(directory.resolve("apart"), fakes.clock, fakes.counters);
        Files.writeString(svids.keystore("left"), "key");
        Files.writeString(svids.keystore("hosted"), "key");
        fakes.clock.advance(WorkloadFiles.LEFT_OVER.plusMinutes(1));
        svids.sweep(Set.of("hosted"));
        assertThat(svids.keystore("left")).doesNotExist();
        assertThat(svids.keystore("hosted")).exists();
    }

    @Test
    void a_second_workload_of_the_same_id_is_refused_and_the_first_stays() throws Exception {
        Workload first = host.host(client("a"), NEVER);
        refused(client("a"), "duplicate_id", "\"a\"");
        assertThat(host.list()).containsExactly(first);
    }

    @Test
    void a_used_token_is_refused_with_the_trust_bridges_cause_and_nothing_stays() throws Exception {
        host.host(client("a"), NEVER);
        refused(client("b").toBuilder().setJoinToken("token-of-a").build(), "token_used", "been used");
        assertThat(host.list()).extracting(Workload::id).containsExactly("a");
        assertThat(host.find("b")).isEmpty();
    }

    @Test
    void without_token_and_without_kept_key_a_workload_is_refused_at_once() {
        refused(client("a").toBuilder().clearJoinToken().build(), "no_join_token", "join token");
    }

    @Test
    void an_upstream_port_in_use_is_refused_and_everything_is_given_back() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            refused(client("a").toBuilder().addUpstreams(Upstream.newBuilder()
                            .setHost("inventory.shop").setPort(80).setLocalPort(taken.getLocalPort())).build(),
                    "port_in_use", String.valueOf(taken.getLocalPort()));
        }
        assertThat(fakes.open).isEmpty();
        assertThat(fakes.renewing).isEmpty();
        assertThat(host.list()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "../x | shop | payments | v1 | id \"../x\"",
        "a | Shop | payments | v1 | namespace \"Shop\"",
        "a | meshctl-system | payments | v1 | the mesh's own",
        "a | shop | pay_ments | v1 | service name \"pay_ments\"",
        "a | shop | payments | v_1 | version \"v_1\"",
    })
    void what_is_malformed_is_refused_by_field(
            String id, String namespace, String service, String version, String message) throws Exception {
        refused(FakeSetup.workload(id, silentPort()).setNamespace(namespace).setService(service).setVersion(version)
                .build(), "invalid_workload", message);
    }

    @Test
    void a_service_without_ports_and_an_upstream_that_is_no_host_are_refused() throws Exception {
        refused(FakeSetup.workload("a", 1).clearPorts().build(), "invalid_workload", "at least one port");
        assertThatThrownBy(() -> host.host(client("a").toBuilder().addUpstreams(
                Upstream.newBuilder().setHost("example.com.").setPort(0)).build(), NEVER))
                .hasMessageContaining("upstream port 0");
    }

    @Test
    void readiness_follows_the_application_and_each_change_is_told() throws Exception {
        AtomicInteger changes = new AtomicInteger();
        host.onChange(changes::incrementAndGet);
        int port = silentPort();
        Workload workload = host.host(FakeSetup.workload("a", port).build(), NEVER);
        assertThat(workload.isReady()).isFalse();
        int before = changes.get();
        // when the application listens
        ServerSocket app = new ServerSocket();
        app.bind(new InetSocketAddress("127.0.0.1", port), 50);
        Eventually.await("ready", workload::isReady);
        Eventually.await("the change is told", () -> changes.get() > before);
        // and when the side that runs it says no, or it ends
        workload.told(false);
        assertThat(workload.toProto().getReady()).isFalse();
        workload.told(true);
        assertThat(workload.toProto().getReady()).isTrue();
        app.close();
        Eventually.await("not ready", () -> !workload.isReady());
    }

    @Test
    void an_application_is_looked_at_again_when_its_readiness_could_not_be_told() throws Exception {
        AtomicInteger told = new AtomicInteger();
        int port = silentPort();
        Workload workload = host.host(FakeSetup.workload("a", port).build(), NEVER);
        host.onChange(() -> {
            if (workload.isReady() && told.getAndIncrement() == 0) {
                throw new IllegalStateException("as a bug would");
            }
        });
        try (ServerSocket app = new ServerSocket()) {
            app.bind(new InetSocketAddress("127.0.0.1", port), 50);

            Eventually.await("it is told again", () -> told.get() > 1);
        }
        assertThat(fakes.counters.count("readiness_check_failed")).isEqualTo(1);
    }

    @Test
    void an_identity_that_ended_is_lost_and_the_workload_with_it() throws Exception {
        CompletableFuture<HostRefused> lost = new CompletableFuture<>();
        host.host(client("a"), lost::complete);
        fakes.clock.advance(Duration.ofHours(2));
        assertThat(lost.get(30, TimeUnit.SECONDS).cause()).isEqualTo("identity_expired");
        assertThat(host.list()).isEmpty();
        assertThat(fakes.open).isEmpty();
        assertThat(directory.resolve("svids/a.pem")).doesNotExist();
    }

    @Test
    void a_draining_workload_says_so_before_its_connections_end() throws Exception {
        Workload workload = host.host(FakeSetup.workload("a", silentPort()).build(), NEVER);
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        host.onChange(() -> told.complete(workload.toProto().getDraining()));
        int cut = host.drain(workload, Duration.ofMillis(40));
        assertThat(told.getNow(false)).isTrue();
        assertThat(cut).isEqualTo(2);
    }

    @Test
    void what_does_not_end_its_drain_in_time_is_not_taken_for_ended() throws Exception {
        Workload workload = host.host(client("a"), NEVER);
        fakes.drained = new CompletableFuture<>();

        assertThat(host.drain(workload, Duration.ofMillis(40))).isPositive();
    }

    @Test
    void a_stopping_proxy_keeps_the_keys_and_takes_no_more() throws Exception {
        host.host(client("a"), NEVER);
        host.close();
        assertThat(fakes.open).isEmpty();
        assertThat(directory.resolve("svids/a.pem")).exists();
        refused(client("b"), "stopping", "host the workload again");
    }

    @Test
    void after_a_restart_of_the_proxy_the_listeners_are_where_they_were() throws Exception {
        HostWorkload wire = FakeSetup.workload("a", silentPort())
                .addUpstreams(Upstream.newBuilder().setHost("inventory.shop").setPort(5432)).build();
        Workload before = host.host(wire, NEVER);
        host.close();
        host = new WorkloadHost(fakes.in(directory, ""));
        host.host(client("b"), NEVER);
        Workload after = host.host(wire, NEVER);
        assertThat(after.outboundAddress()).isEqualTo(before.outboundAddress());
        assertThat(after.inboundAddress()).isEqualTo(before.inboundAddress());
        assertThat(after.upstreams()).isEqualTo(before.upstreams());
    }

    @Test
    void when_its_old_port_is_taken_a_workload_gets_another() throws Exception {
        Workload before = host.host(client("a"), NEVER);
        host.close();
        host = new WorkloadHost(fakes.in(directory, ""));
        try (ServerSocket taken = new ServerSocket(before.outboundAddress().getPort(), 1,
                before.outboundAddress().getAddress())) {
            Workload after = host.host(client("a"), NEVER);
            assertThat(after.outboundAddress().getPort()).isNotEqualTo(taken.getLocalPort()).isPositive();
            assertThat(fakes.counters.count("workload_address_changed")).isEqualTo(1);
        }
    }

    @Test
    void an_address_of_the_range_is_given_to_the_workload_that_had_it() {
        AddressRange range = AddressRange.parse("127.7");
        range.take();
        AddressRange.Lease second = range.take().orElseThrow();
        LastAddresses last = LastAddresses.parse("outbound=127.7.1.2:15001\n".getBytes(UTF_8)).orElseThrow();
        assertThat(range.take(last)).isEmpty();
        range.giveBack(second);
        assertThat(range.take(last)).contains(second);
        assertThat(AddressRange.parse("127.8").take(last)).isEmpty();
        assertThat(LastAddresses.parse("outbound".getBytes(UTF_8))).isEmpty();
        assertThat(LastAddresses.parse("inbound=127.7.1.2:1\n".getBytes(UTF_8))).isEmpty();
    }

    @Test
    void addresses_of_a_range_start_after_the_processes_and_are_reused_late() {
        AddressRange range = AddressRange.parse("127.7");
        AddressRange.Lease first = range.take().orElseThrow();
        assertThat(first.address().getHostAddress()).isEqualTo("127.7.1.1");
        assertThat(first.outboundPort()).isEqualTo(15001);
        assertThat(first.inboundPort()).isEqualTo(15006);
        range.giveBack(first);
        assertThat(range.take().orElseThrow().address().getHostAddress()).isEqualTo("127.7.1.2");
        assertThat(List.of("127", "10.7", "127.300", "127.7.0"))
                .allSatisfy(bad -> assertThatThrownBy(() -> AddressRange.parse(bad)).hasMessageContaining(bad));
    }
}
