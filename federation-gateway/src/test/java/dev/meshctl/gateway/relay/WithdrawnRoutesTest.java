package dev.meshctl.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Relays under way while the control plane says something else than before; and dials that nobody answers. */
@Timeout(240)
class WithdrawnRoutesTest {
    private static final String OF_WEST = "80.web.shop.west.mesh";
    private static final String OWN = "80.payments.shop.east.mesh";
    private static final String UNUSED = "127.0.0.1:9";

    private final Counters counters = new Counters();
    private final Transport transport = Transport.open();
    private final List<Socket> sockets = new ArrayList<>();
    /** Answered before the present routes are, each once. */
    private final Deque<RouteTable> earlier = new ArrayDeque<>();
    private ServerSocket server;
    private ServerSocket deaf;
    private EastWestListener port;
    private RouteTable routes = table(GatewayState.newBuilder());

    @BeforeEach
    void open() throws IOException {
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        server = new ServerSocket(0, 16, loopback);
        server.setSoTimeout(45_000);
        deaf = new ServerSocket(0, 1, loopback);
        open(Duration.ZERO);
    }

    private void open(Duration withdrawalGrace) throws IOException {
        RelayLimits limits = new RelayLimits(
                64, Duration.ofSeconds(60), Duration.ofSeconds(30), 4, Duration.ofMinutes(5), withdrawalGrace);
        port = EastWestListener.open(transport, new EastWestListener.Setup(new InetSocketAddress("127.0.0.1", 0),
                List.of(), this::routes, new LocalAddress("nobody-a"), new LocalAddress("nobody-b"), limits, counters,
                InstantSource.fixed(Instant.EPOCH), new Random(1)));
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        transport.close();
        server.close();
        deaf.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private synchronized RouteTable routes() {
        RouteTable old = earlier.poll();
        return old == null ? routes : old;
    }

    private void now(GatewayState.Builder state) {
        synchronized (this) {
            routes = table(state);
        }
        port.routesChanged();
    }

    private static RouteTable table(GatewayState.Builder state) {
        return RouteTable.of("east", new TrustDomain("east.mesh"), state.build(), ignored -> { });
    }

    private static GatewayState.Builder linked(String domain, String... addresses) {
        return GatewayState.newBuilder().addLinks(
                Link.newBuilder().setPeer("west").setTrustDomain(domain).addAllAddresses(List.of(addresses)));
    }

    private static String address(ServerSocket at) {
        return "127.0.0.1:" + at.getLocalPort();
    }

    private static GatewayState.Builder exported(int number, RelayTarget... targets) {
        return GatewayState.newBuilder().addExports(LocalExport.newBuilder().addAllTargets(List.of(targets))
                .setService(ExportedService.newBuilder().setName("payments").setNamespace("shop")
                        .addPorts(ExportedPort.newBuilder().setNumber(number))));
    }

    private RelayTarget target() {
        return RelayTarget.newBuilder().setAddress("127.0.0.1").setPort(server.getLocalPort()).setReady(true).build();
    }

    private Socket dial(String serverName) throws IOException {
        Socket client = kept(new Socket("127.0.0.1", port.address().getPort()));
        client.getOutputStream().write(Hellos.hello(serverName));
        return client;
    }

    private Socket kept(Socket socket) throws IOException {
        sockets.add(socket);
        socket.setSoTimeout(45_000);
        return socket;
    }

    /** A relay that bytes have gone through in both directions. */
    private final class Relayed {
        private final Socket client;
        private final Socket upstream;

        Relayed(String serverName) throws IOException {
            client = dial(serverName);
            upstream = kept(server.accept());
            answer();
        }

        private void answer() throws IOException {
            upstream.getOutputStream().write(42);
            assertThat(client.getInputStream().read()).isEqualTo(42);
        }

        void hasEnded() throws Exception {
            assertThat(client.getInputStream().readAllBytes()).isEmpty();
            upstream.getInputStream().readAllBytes();
            Await.until("no connection left", () -> port.connections() == 0);
        }
    }

    private long cut() {
        return counters.count("link_removed") + counters.count("export_removed");
    }

    @Test
    void a_relay_to_a_cluster_ends_when_its_link_is_removed() throws Exception {
        now(linked("west.mesh", address(server)));
        Relayed relayed = new Relayed(OF_WEST);

        now(GatewayState.newBuilder());

        relayed.hasEnded();
        assertThat(counters.count("link_removed")).isEqualTo(1);
    }

    @Test
    void a_relay_ends_when_another_mesh_is_linked_by_the_same_name() throws Exception {
        now(linked("west.mesh", address(server)));
        Relayed relayed = new Relayed(OF_WEST);

        now(linked("new.west.mesh", address(server)));

        relayed.hasEnded();
        assertThat(counters.count("link_removed")).isEqualTo(1);
    }

    @Test
    void a_relay_whose_reader_takes_nothing_ends_all_the_same() throws Exception {
        now(linked("west.mesh", address(server)));
        Relayed relayed = new Relayed(OF_WEST);
        Thread.ofVirtual().start(() -> writeOn(relayed.upstream));
        long[] before = {-1};
        Await.until("the client takes nothing more", () -> {
            long last = before[0];
            before[0] = port.bytesOut();
            return last > 1 << 20 && last == before[0];
        });

        now(GatewayState.newBuilder());

        Await.until("no connection left", () -> port.connections() == 0);
        assertThat(counters.count("link_removed")).isEqualTo(1);
    }

    private static void writeOn(Socket socket) {
        try {
            while (true) {
                socket.getOutputStream().write(new byte[1 << 16]);
            }
        } catch (IOException cut) {
            assertThat(cut).isNotNull();
        }
    }

    @Test
    void a_relay_stays_when_a_linked_cluster_has_other_addresses_or_none() throws Exception {
        now(linked("west.mesh", address(server)));
        Relayed relayed = new Relayed(OF_WEST);

        now(linked("west.mesh", UNUSED));
        relayed.answer();
        now(linked("west.mesh"));
        relayed.answer();

        assertThat(cut()).isZero();
    }

    @Test
    void a_relay_whose_link_is_back_within_the_grace_stays() throws Exception {
        port.close();
        open(Duration.ofSeconds(5));
        GatewayState.Builder both = linked("west.mesh", address(server)).addAllExports(exported(80, target()).getExportsList());
        now(both);
        Relayed toWest = new Relayed(OF_WEST);
        Relayed toWorkload = new Relayed(OWN);

        now(GatewayState.newBuilder());
        now(linked("west.mesh", UNUSED));

        assertThat(toWorkload.client.getInputStream().readAllBytes()).isEmpty();
        toWest.answer();
        assertThat(counters.count("export_removed")).isEqualTo(1);
        assertThat(counters.count("link_removed")).isZero();
    }

    @Test
    void a_relay_to_a_workload_ends_when_its_service_is_no_longer_exported() throws Exception {
        now(exported(80, target()));
        Relayed relayed = new Relayed(OWN);

        now(linked("west.mesh", UNUSED));

        relayed.hasEnded();
        assertThat(counters.count("export_removed")).isEqualTo(1);
    }

    @Test
    void a_relay_to_a_workload_ends_when_its_port_is_no_longer_exported() throws Exception {
        now(exported(80, target()));
        Relayed relayed = new Relayed(OWN);

        now(exported(81, target()));

        relayed.hasEnded();
        assertThat(counters.count("export_removed")).isEqualTo(1);
    }

    @Test
    void a_relay_to_a_workload_stays_when_no_workload_of_the_exported_service_is_ready() throws Exception {
        now(exported(80, target()));
        Relayed relayed = new Relayed(OWN);

        now(exported(80));
        relayed.answer();

        assertThat(cut()).isZero();
    }

    @Test
    void a_relay_that_is_decided_while_its_link_is_being_removed_ends() throws Exception {
        synchronized (this) {
            earlier.add(table(linked("west.mesh", address(server))));
        }

        assertThat(dial(OF_WEST).getInputStream().readAllBytes()).isEmpty();
        assertThat(counters.count("link_removed")).isEqualTo(1);
    }

    @Test
    void a_connection_that_is_still_dialled_ends_when_its_link_is_removed() throws Exception {
        fill(deaf);
        now(linked("west.mesh", address(deaf)));
        synchronized (this) {
            // Asked twice, when the route is decided and when the relay is known; then it is dialled.
            earlier.add(routes);
            earlier.add(routes);
        }
        Socket client = dial(OF_WEST);
        Await.until("dialled", this::isAskedTwice);

        now(GatewayState.newBuilder());

        assertThat(client.getInputStream().readAllBytes()).isEmpty();
        assertThat(counters.count("link_removed")).isEqualTo(1);
    }

    private synchronized boolean isAskedTwice() {
        return earlier.isEmpty();
    }

    @Test
    void an_address_that_does_not_answer_has_a_head_start_only() throws Exception {
        fill(deaf);
        now(linked("west.mesh", address(deaf), address(server)));

        new Relayed(OF_WEST);
        new Relayed(OF_WEST);

        assertThat(counters.count("dial_outrun")).as("the second goes to the one that answers first").isEqualTo(1);
        assertThat(counters.count("dial_failed")).isZero();
    }

    /** With as many connections as wait there, it answers to no other one. */
    private void fill(ServerSocket full) throws IOException {
        for (int i = 0; i < 2; i++) {
            kept(new Socket(full.getInetAddress(), full.getLocalPort()));
        }
    }
}
