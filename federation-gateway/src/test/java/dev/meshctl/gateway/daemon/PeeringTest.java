package dev.meshctl.gateway.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.peering.Bundle;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringGrpc;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.api.proto.peering.ServiceUpdate;
import dev.meshctl.api.proto.peering.SyncDone;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.Stranger;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class PeeringTest {
    @TempDir
    Path directory;
    private TestCluster west;
    private TestCluster east;

    @BeforeEach
    void start() throws IOException {
        west = new TestCluster("west", directory);
        east = new TestCluster("east", directory);
    }

    @AfterEach
    void stop() throws Exception {
        west.close();
        east.close();
    }

    private void linkAndSync() throws Exception {
        west.linkWith(east);
        Await.until("both synced", () -> west.count("peering_synced") == 1 && east.count("peering_synced") == 1);
    }

    @Test
    void a_gateway_that_moves_is_dialled_at_its_new_address_once_it_answers_there() throws Exception {
        linkAndSync();
        east.state.addAddresses("127.0.0.1:1");
        east.push();
        Await.until("an address where nobody is", () -> west.count("peer_addresses_not_working") > 0);
        Await.until("it is told", () -> west.control.addresses.containsKey("east"));
        assertThat(west.control.addresses.get("east").getAddressesList()).containsExactly("127.0.0.1:1");
        assertThat(west.control.addresses.get("east").getWorking()).isFalse();

        String moved = "localhost:" + HostPort.parse(east.address()).port();
        east.state.clearAddresses().addAddresses(moved);
        east.push();

        Await.until("the new address", () -> west.control.addresses.get("east").getWorking());
        assertThat(west.control.addresses.get("east").getAddressesList()).containsExactly(moved);
        west.state.setLinks(0, west.state.getLinks(0).toBuilder().clearAddresses().addAddresses(moved));
        west.push();
        east.restart();
        Await.until("synced again", () -> west.count("peering_synced") == 2);
    }

    @Test
    void addresses_that_are_none_are_refused() throws Exception {
        linkAndSync();
        east.state.addAddresses("nowhere");
        east.push();

        Await.until("refusal", () -> west.count("peer_addresses_invalid") > 0);
        assertThat(west.control.addresses).isEmpty();
    }

    @Test
    void exports_and_their_changes_reach_the_other_side() throws Exception {
        east.export("payments", 1);
        linkAndSync();
        Await.until("payments", () -> west.importedNames(east).contains("payments"));

        east.exportAnew(0, 3);
        Await.until("health", () -> west.imports(east).getServices(0).getVersions(0).getReady() == 3);
        east.export("inventory", 1);
        Await.until("inventory", () -> west.importedNames(east).contains("inventory"));
        east.state.removeExports(0);
        east.push();
        Await.until("gone", () -> !west.importedNames(east).contains("payments"));
    }

    @Test
    void after_a_reconnect_only_what_differs_is_sent() throws Exception {
        for (int i = 0; i < 50; i++) {
            east.state.addExports(LocalExport.newBuilder()
                    .setService(east.exported("s" + i, 1)));
        }
        east.push();
        linkAndSync();
        Await.until("all", () -> west.imports(east).getServicesCount() == 50);
        assertThat(west.count("peering_updates_received")).isEqualTo(50);

        east.stop();
        east.exportAnew(7, 2);
        east.start();

        Await.until("synced again", () -> west.count("peering_synced") == 2);
        Await.until("the change", () -> west.imports(east).getServicesList().stream()
                .anyMatch(s -> s.getName().equals("s7") && s.getVersions(0).getReady() == 2));
        assertThat(west.count("peering_updates_received")).isEqualTo(51);
        assertThat(west.count("peering_removals_received")).isZero();
    }

    @Test
    void a_peer_that_is_away_turns_stale_after_three_seconds_and_is_dropped_after_the_grace() throws Exception {
        east.export("payments", 1);
        linkAndSync();
        Await.until("payments", () -> west.importedNames(east).contains("payments"));

        east.stop();
        Await.until("lost", () -> west.count("peering_lost") == 1);
        assertThat(west.imports(east).getStale()).isFalse();
        west.clock.move(Duration.ofSeconds(3));
        Await.until("stale", () -> west.imports(east).getStale());
        assertThat(west.imports(east).getDropped()).isFalse();
        assertThat(west.importedNames(east)).containsExactly("payments");
        Await.until("status", () -> west.status(east).getPhase().equals("Stale"));

        west.clock.move(Duration.ofSeconds(597));
        Await.until("dropped", () -> west.imports(east).getDropped());
        assertThat(west.importedNames(east)).isEmpty();

        east.start();
        Await.until("back", () -> west.importedNames(east).contains("payments")
                && !west.imports(east).getStale() && !west.imports(east).getDropped());
    }

    @Test
    void a_silent_peer_is_away_and_heartbeats_measure_the_way_to_one_that_answers() throws Exception {
        linkAndSync();
        west.clock.move(Duration.ofSeconds(5));
        Await.until("rtt", () -> west.status(east).getRttMs() > 0);

        west.clock.move(Duration.ofSeconds(15));

        Await.until("lost", () -> west.count("peering_lost") >= 1);
        Await.until("reconnected", () -> west.count("peering_synced") >= 2);
        Await.until("counted", () -> west.status(east).getReconnects() >= 1);
    }

    @Test
    void links_and_imports_survive_a_restart_without_control_plane() throws Exception {
        east.export("payments", 1);
        linkAndSync();
        Await.until("payments", () -> west.importedNames(east).contains("payments"));
        west.control.stop();
        east.stop();

        west.restart();
        west.control.startAgain();

        Await.until("told again", () -> west.importedNames(east).contains("payments"));
        west.control.stop();
        west.stop();
        east.start();
        west.start();
        Await.until("peers without control plane", () -> west.count("peering_synced") == 1);
        assertThat(west.count("peering_updates_received")).isZero();
    }

    @Test
    void a_new_bundle_of_a_peer_is_used_and_handed_up() throws Exception {
        linkAndSync();
        TestAuthority next = new TestAuthority(east.domain);
        TrustBundle both = new TrustBundle(east.domain,
                List.of(east.authority.root(), next.root()), 1_000_000, Duration.ofMinutes(5));

        east.state.setOwnBundle(TestCluster.json(both));
        east.push();

        Await.until("handed up", () -> west.control.bundles.containsKey("east"));
        assertThat(west.control.bundles.get("east").getBundle()).isEqualTo(TestCluster.json(both));
    }

    @Test
    void a_new_bundle_that_was_heard_while_there_was_no_control_plane_is_handed_up_after_a_restart_too() throws Exception {
        linkAndSync();
        TrustBundle both = new TrustBundle(east.domain, List.of(east.authority.root(), new TestAuthority(east.domain).root()),
                1_000_000, Duration.ofMinutes(5));
        west.control.stop();
        east.state.setOwnBundle(TestCluster.json(both));
        east.push();
        Await.until("it is stored", () -> west.keptBundle(east).filter(TestCluster.json(both)::equals).isPresent());

        west.restart();
        west.control.startAgain();

        Await.until("handed up", () -> west.control.bundles.containsKey("east"));
        assertThat(west.control.bundles.get("east").getBundle()).isEqualTo(TestCluster.json(both));
    }

    @Test
    void a_removed_link_ends_the_stream_and_its_peer_may_not_come_back() throws Exception {
        linkAndSync();

        east.state.clearLinks();
        east.push();

        Await.until("lost", () -> west.count("peering_lost") == 1);
        Await.until("refused", () -> west.count("peering_dial_failed") >= 1);
        assertThat(east.count("peering_synced")).isEqualTo(1);
    }

    @Test
    void a_peer_that_speaks_for_others_is_not_believed() throws Exception {
        east.link(east.linkTo(west));
        try (Caller liar = new Caller(west.gatewayIdentity())) {
            liar.say(PeeringMessage.newBuilder().setHello(Hello.newBuilder().setCluster("west").setEpoch("1")));
            liar.say(update(east.exported("payments", 1)));
            liar.say(update(west.exported("orders", 1).toBuilder().setVersions(0,
                    west.exported("orders", 1).getVersions(0).toBuilder()
                            .setIdentities(0, "spiffe://north.mesh/ns/shop/sa/orders")).build()));
            TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));
            liar.say(bundle("north.mesh", TestCluster.json(north.bundle())));
            liar.say(bundle("east.mesh", TestCluster.json(new TestAuthority(east.domain).bundle())));
            liar.say(update(west.exported("web", 1)));
            liar.say(PeeringMessage.newBuilder().setSyncDone(SyncDone.getDefaultInstance()));

            Await.until("the one true service", () -> east.importedNames(west).contains("web"));
        }
        assertThat(east.importedNames(west)).containsExactly("web");
        assertThat(east.count("import_refused_foreign_cluster")).isEqualTo(1);
        assertThat(east.count("import_refused_foreign_identity")).isEqualTo(1);
        assertThat(east.count("bundle_foreign_trust_domain")).isEqualTo(2);
        assertThat(east.control.bundles).isEmpty();
    }

    private static PeeringMessage.Builder update(ExportedService service) {
        return PeeringMessage.newBuilder().setUpdate(ServiceUpdate.newBuilder()
                .setService(service.toBuilder().setResourceVersion("1")));
    }

    private static PeeringMessage.Builder bundle(String domain, ByteString json) {
        return PeeringMessage.newBuilder().setBundle(Bundle.newBuilder().setTrustDomain(domain).setSpiffeJson(json));
    }

    @Test
    void a_peer_that_names_another_cluster_in_its_hello_is_turned_away() throws Exception {
        east.link(east.linkTo(west));
        try (Caller liar = new Caller(west.gatewayIdentity())) {
            liar.say(PeeringMessage.newBuilder().setHello(Hello.newBuilder().setCluster("north").setEpoch("1")));

            liar.ended.get(Await.SECONDS, TimeUnit.SECONDS);
        }
        assertThat(east.count("peering_foreign_cluster")).isEqualTo(1);
    }

    @Test
    void linked_gateways_tell_each_other_which_release_they_are_of() throws Exception {
        east.stop();
        east.version = "1.3.2-rc.1";
        east.start();
        linkAndSync();

        Await.until("west knows", () -> west.status(east).getPeerVersion().equals("1.3.2-rc.1"));
        Await.until("east knows", () -> east.status(west).getPeerVersion().equals("1.4.0"));
        assertThat(west.status(east).getPeerProtocolLevel()).isEqualTo(1);
    }

    @Test
    void the_version_of_a_peer_holds_while_it_is_away_until_it_says_another_one() throws Exception {
        linkAndSync();
        east.stop();
        Await.until("away", () -> {
            west.clock.move(Duration.ofSeconds(1));
            return west.status(east).getPhase().equals("Stale");
        });
        assertThat(west.status(east).getPeerVersion()).isEqualTo("1.4.0");

        east.version = "";
        east.start();

        Await.until("back", () -> west.status(east).getPhase().equals("Active"));
        assertThat(west.status(east).getPeerVersion()).as("a gateway that does not know its version").isEmpty();
    }

    @Test
    void a_peer_from_before_there_were_versions_is_linked_and_its_version_is_unknown() throws Exception {
        east.link(east.linkTo(west));
        try (Caller old = new Caller(west.gatewayIdentity())) {
            old.say(PeeringMessage.newBuilder().setHello(Hello.newBuilder().setCluster("west").setEpoch("1")));
            old.say(PeeringMessage.newBuilder().setSyncDone(SyncDone.getDefaultInstance()));

            Await.until("active", () -> east.status(west).getPhase().equals("Active"));
        }
        assertThat(east.status(west).getPeerVersion()).isEmpty();
        assertThat(east.status(west).getPeerProtocolLevel()).isZero();
        assertThat(east.count("peer_version_not_told")).isEqualTo(1);
    }

    @Test
    void whatever_a_peer_says_instead_of_a_version_is_counted_and_told_to_nobody() throws Exception {
        east.link(east.linkTo(west));
        try (Caller liar = new Caller(west.gatewayIdentity())) {
            liar.say(PeeringMessage.newBuilder().setHello(Hello.newBuilder().setCluster("west").setEpoch("1")
                    .setMeshVersion("1.4.0".repeat(100_000)).setProtocolLevel(-1)));
            liar.say(PeeringMessage.newBuilder().setSyncDone(SyncDone.getDefaultInstance()));

            Await.until("active", () -> east.status(west).getPhase().equals("Active"));
        }
        assertThat(east.status(west).getPeerVersion()).isEmpty();
        assertThat(east.status(west).getPeerProtocolLevel()).isZero();
        assertThat(east.count("peer_version_invalid")).isEqualTo(1);
    }

    @Test
    void only_the_gateway_of_a_linked_mesh_may_peer() throws Exception {
        east.link(east.linkTo(west));
        SvidSource proxy = TestAuthority.fixed(west.issue(SpiffeId.of(west.domain, SystemIdentity.PROXY)));
        try (Caller caller = new Caller(proxy)) {
            assertThat(caller.ended.get(Await.SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        }
        SvidSource ownGateway = east.gatewayIdentity();
        try (Caller caller = new Caller(ownGateway)) {
            assertThat(caller.ended.get(Await.SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        }
        TestAuthority north = new TestAuthority(new TrustDomain("north.mesh"));
        SvidSource stranger = TestAuthority.fixed(north.issue(
                SpiffeId.of(north.trustDomain(), SystemIdentity.FEDERATION_GATEWAY), Duration.ofHours(1)));
        try (Caller caller = new Caller(stranger)) {
            assertThat(caller.ended.get(Await.SECONDS, TimeUnit.SECONDS).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }

        assertThat(east.count("caller_refused")).isEqualTo(2);
        assertThat(east.count("client_unknown_trust_domain")).isPositive();
        Await.until("counted", () -> east.count("handshake_failed") > 0);
    }

    @Test
    void strangers_at_the_port_are_counted_by_cause_and_peering_goes_on() throws Exception {
        linkAndSync();
        HostPort port = HostPort.parse(east.address());

        assertThat(Stranger.garbage(port)).isEmpty();
        Stranger.silent(port);
        assertThat(Stranger.isServed(port, null)).as("without a server name").isFalse();

        Await.until("counted", () -> east.count("garbage") == 1 && east.count("hello_cut") == 1
                && east.count("unknown_sni") == 1);
        east.export("payments", 1);
        Await.until("payments", () -> west.importedNames(east).contains("payments"));
        assertThat(east.count("peering_lost")).isZero();
    }

    @Test
    void a_peer_that_does_not_read_keeps_nothing_from_another() throws Exception {
        for (int i = 0; i < 2000; i++) {
            east.state.addExports(LocalExport.newBuilder().setService(east.exported("s" + i, 1)));
        }
        east.link(east.linkTo(west));
        try (TestCluster north = new TestCluster("north", directory); Caller mute = new Caller(west.gatewayIdentity(), 0)) {
            mute.say(PeeringMessage.newBuilder().setHello(Hello.newBuilder().setCluster("west").setEpoch("1")));
            mute.say(PeeringMessage.newBuilder().setSyncDone(SyncDone.getDefaultInstance()));
            Await.until("the one that does not read is there", () -> east.status(west).getPhase().equals("Active"));

            north.linkWith(east);
            Await.until("all", () -> north.imports(east).getServicesCount() == 2000);
            east.exportAnew(0, 7);
            Await.until("the change", () -> north.imports(east).getServicesList().stream()
                    .anyMatch(s -> s.getName().equals("s0") && s.getVersions(0).getReady() == 7));

            assertThat(mute.heard).isZero();
            assertThat(east.status(west).getPhase()).isEqualTo("Active");
        }
    }

    @Test
    void a_peer_whose_first_gateway_is_down_is_reached_at_its_second() throws Exception {
        east.export("payments", 1);
        east.link(east.linkTo(west));
        try (Socket refusing = new Socket()) {
            // Bound but not listening: refuses, and nobody else can take the port meanwhile.
            refusing.bind(new InetSocketAddress("127.0.0.1", 0));
            west.link(west.linkTo(east).addAddresses("127.0.0.1:" + refusing.getLocalPort())
                    .addAddresses(east.address()).setDialer(true));

            Await.until("payments", () -> west.importedNames(east).contains("payments"));
            assertThat(west.count("peering_dial_failed")).isPositive();

            east.stop();
            east.start();
            Await.until("again", () -> west.count("peering_synced") == 2);
        }
    }

    @Test
    void half_written_state_is_counted_and_comes_anew_from_control_plane_and_peer() throws Exception {
        east.export("payments", 1);
        linkAndSync();
        Await.until("payments", () -> west.importedNames(east).contains("payments"));
        Path imports = directory.resolve("west/imports/east.imports");
        Await.until("kept", () -> Files.exists(imports));
        west.stop();
        for (Path file : List.of(directory.resolve("west/state.pb"), imports)) {
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length - 3));
        }

        west.start();

        Await.until("synced anew", () -> west.count("peering_synced") == 1);
        Await.until("payments", () -> west.importedNames(east).contains("payments"));
        assertThat(west.count("state_file_unreadable")).isEqualTo(1);
        assertThat(west.count("imports_file_unreadable")).isEqualTo(1);
        assertThat(west.count("peering_updates_received")).isEqualTo(1);
    }

    @Test
    void on_a_full_disk_states_and_imports_are_used_all_the_same_and_counted() throws Exception {
        // Directories in the place of the files fail their writes, as a full disk would.
        west.stop();
        Path state = directory.resolve("west/state.pb");
        Files.deleteIfExists(state);
        Files.createDirectories(state.resolve("full"));
        Files.createDirectories(directory.resolve("west/imports/east.imports/full"));
        west.start();
        east.export("payments", 1);

        linkAndSync();

        Await.until("payments", () -> west.importedNames(east).contains("payments"));
        Await.until("counted", () -> west.count("state_not_stored") > 0 && west.count("imports_not_stored") > 0);
    }

    /** Somebody who calls the peering server of east by hand. */
    private final class Caller implements AutoCloseable, ClientResponseObserver<PeeringMessage, PeeringMessage> {
        final CompletableFuture<Status> ended = new CompletableFuture<>();
        private final ManagedChannel channel;
        private final StreamObserver<PeeringMessage> out;
        private long sequence;
        private volatile long heard;
        private final int reads;

        Caller(SvidSource as) throws Exception {
            this(as, Integer.MAX_VALUE);
        }

        /** @param reads how many messages it ever reads */
        Caller(SvidSource as, int reads) throws Exception {
            BundleSource trusts = () -> new Bundles(Map.of(east.domain, east.authority.bundle()));
            Await.until("east knows its link", () -> east.gateway().linkCount() == 1);
            channel = MeshChannel.builder(HostPort.parse(east.address()), as, trusts,
                    id -> id.equals(SpiffeId.of(east.domain, SystemIdentity.FEDERATION_GATEWAY)),
                    "peering.east.mesh").build();
            this.reads = reads;
            out = PeeringGrpc.newStub(channel).exchange(this);
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<PeeringMessage> call) {
            call.disableAutoRequestWithInitial(reads);
        }

        void say(PeeringMessage.Builder message) {
            out.onNext(message.setSequence(++sequence).build());
        }

        @Override
        public void onNext(PeeringMessage message) {
            heard++;
        }

        @Override
        public void onError(Throwable failure) {
            ended.complete(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            ended.complete(Status.OK);
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }
}
