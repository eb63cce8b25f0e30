package dev.meshctl.gateway.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;
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
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(240)
class EastWestListenerTest {
    private static final String SERVICE = "80.payments.shop.east.mesh";
    private static final RelayLimits LIMITS =
            new RelayLimits(8, Duration.ofSeconds(60), Duration.ofSeconds(20), 4, Duration.ofMinutes(5), Duration.ZERO);

    private final Counters counters = new Counters();
    private final Transport transport = Transport.open();
    private final List<Socket> refusing = new ArrayList<>();
    private ServerSocket workload;
    private EastWestListener port;
    private volatile RouteTable routes;

    @BeforeEach
    void open() throws IOException {
        workload = new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
        workload.setSoTimeout(45_000);
        routes = routes(workload.getLocalPort());
        open(LIMITS);
    }

    private void open(RelayLimits limits) throws IOException {
        port = EastWestListener.open(transport, new EastWestListener.Setup(new InetSocketAddress("127.0.0.1", 0),
                List.of(), () -> routes, new LocalAddress("nobody-a"), new LocalAddress("nobody-b"), limits, counters,
                InstantSource.system(), new Random(1)));
    }

    @AfterEach
    void close() throws IOException {
        port.close();
        transport.close();
        workload.close();
        for (Socket socket : refusing) {
            socket.close();
        }
    }

    private static RouteTable routes(int... targetPorts) {
        LocalExport.Builder export = LocalExport.newBuilder().setService(ExportedService.newBuilder()
                .setName("payments").setNamespace("shop").addPorts(ExportedPort.newBuilder().setNumber(80)));
        for (int target : targetPorts) {
            export.addTargets(RelayTarget.newBuilder().setAddress("127.0.0.1").setPort(target).setReady(true));
        }
        return RouteTable.of("east", new TrustDomain("east.mesh"),
                GatewayState.newBuilder().addExports(export).build(), ignored -> { });
    }

    private void linkTo(int... gatewayPorts) {
        Link.Builder link = Link.newBuilder().setPeer("west");
        IntStream.of(gatewayPorts).forEach(gatewayPort -> link.addAddresses("127.0.0.1:" + gatewayPort));
        routes = RouteTable.of("east", new TrustDomain("east.mesh"),
                GatewayState.newBuilder().addLinks(link).build(), ignored -> { });
    }

    private Socket dial() throws IOException {
        Socket socket = new Socket("127.0.0.1", port.address().getPort());
        socket.setSoTimeout(45_000);
        return socket;
    }

    /** A port that refuses connections; it is held, so that nobody else can take it. */
    private int refusingPort() throws IOException {
        Socket bound = new Socket();
        refusing.add(bound);
        bound.bind(new InetSocketAddress("127.0.0.1", 0));
        return bound.getLocalPort();
    }

    @Test
    void every_byte_is_relayed_both_ways_and_the_end_of_each_direction_by_itself() throws Exception {
        byte[] hello = Hellos.hello(SERVICE);
        try (Socket client = dial()) {
            client.getOutputStream().write(hello);
            try (Socket server = workload.accept()) {
                client.getOutputStream().write("question".getBytes(US_ASCII));
                client.shutdownOutput();
                byte[] all = server.getInputStream().readAllBytes();
                byte[] answer = new byte[8 << 20];
                new Random(2).nextBytes(answer);
                Thread.ofVirtual().start(() -> answer(server, answer));

                assertThat(Arrays.copyOf(all, hello.length)).isEqualTo(hello);
                assertThat(new String(all, hello.length, all.length - hello.length, US_ASCII)).isEqualTo("question");
                assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
            }
        }
        Await.until("no connection left", () -> port.connections() == 0);
    }

    private static void answer(Socket server, byte[] bytes) {
        try {
            server.getOutputStream().write(bytes);
            server.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void a_hello_spread_over_records_and_writes_reaches_its_workload_unchanged() throws IOException {
        byte[] hello = Hellos.fragmented(Hellos.hello(SERVICE), 7);
        try (Socket client = dial()) {
            client.setTcpNoDelay(true);
            for (byte b : hello) {
                client.getOutputStream().write(b);
            }
            try (Socket server = workload.accept()) {
                assertThat(server.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
            }
        }
    }

    @Test
    void a_target_that_refuses_is_skipped_before_any_byte_is_relayed() throws Exception {
        routes = routes(refusingPort(), workload.getLocalPort(), refusingPort());
        for (int i = 0; i < 5; i++) {
            try (Socket client = dial()) {
                client.getOutputStream().write(Hellos.hello(SERVICE));
                workload.accept().close();
            }
        }

        Await.until("all relayed", () -> counters.count("relayed") == 5);
    }

    @Test
    void when_no_target_accepts_the_client_gets_an_internal_error() throws IOException {
        routes = routes(refusingPort());

        assertThat(answerTo(Hellos.hello(SERVICE))).containsExactly(21, 3, 3, 0, 2, 2, 80);
        assertThat(counters.count("no_ready_target")).isEqualTo(1);
    }

    @Test
    void what_is_not_exported_is_an_unrecognized_name() throws IOException {
        assertThat(answerTo(Hellos.hello("80.inventory.shop.east.mesh"))).containsExactly(21, 3, 3, 0, 2, 2, 112);
        assertThat(counters.count("not_exported")).isEqualTo(1);
    }

    @Test
    void garbage_is_closed_without_an_answer() throws IOException {
        assertThat(answerTo("GET / HTTP/1.1\r\n\r\n".getBytes(US_ASCII))).isEmpty();
        assertThat(counters.count("garbage")).isEqualTo(1);
    }

    @Test
    void a_client_that_says_nothing_is_closed_after_the_hello_timeout() throws IOException {
        port.close();
        open(new RelayLimits(8, Duration.ofMillis(100), Duration.ofSeconds(20), 4, Duration.ofMinutes(5), Duration.ZERO));
        assertThat(answerTo(new byte[] {22, 3, 1})).isEmpty();
        assertThat(counters.count("hello_timeout")).isEqualTo(1);
    }

    private byte[] answerTo(byte[] bytes) throws IOException {
        try (Socket client = dial()) {
            client.getOutputStream().write(bytes);
            return client.getInputStream().readAllBytes();
        }
    }

    @Test
    void a_call_to_a_linked_cluster_is_marked_and_a_marked_call_is_not_relayed_on() throws IOException {
        linkTo(workload.getLocalPort());
        byte[] hello = Hellos.hello("80.web.shop.west.mesh");
        ByteArrayOutputStream asSeenByThePeer = new ByteArrayOutputStream();
        try (Socket client = dial()) {
            client.getOutputStream().write(hello);
            try (Socket peer = workload.accept()) {
                asSeenByThePeer.writeBytes(peer.getInputStream().readNBytes(20 + hello.length));
            }
        }

        assertThat(answerTo(asSeenByThePeer.toByteArray())).containsExactly(21, 3, 3, 0, 2, 2, 49);
        assertThat(counters.count("transit_refused")).isEqualTo(1);
    }

    @Test
    void a_marked_call_for_the_own_cluster_is_relayed_without_its_marker() throws IOException {
        byte[] hello = Hellos.hello(SERVICE);
        byte[] marker = new byte[HopMarker.toBuffer().readableBytes()];
        HopMarker.toBuffer().readBytes(marker);
        try (Socket client = dial()) {
            client.getOutputStream().write(marker, 0, 5);
            client.getOutputStream().write(marker, 5, marker.length - 5);
            client.getOutputStream().write(hello);
            try (Socket server = workload.accept()) {
                assertThat(server.getInputStream().readNBytes(hello.length)).isEqualTo(hello);
            }
        }
    }

    @Test
    void a_gateway_that_refuses_is_skipped_for_the_next_one_of_its_cluster() throws Exception {
        linkTo(refusingPort(), workload.getLocalPort());
        byte[] hello = Hellos.hello("80.web.shop.west.mesh");
        try (Socket client = dial()) {
            client.getOutputStream().write(hello);
            try (Socket peer = workload.accept()) {
                byte[] markedHello = peer.getInputStream().readNBytes(20 + hello.length);
                assertThat(Arrays.copyOfRange(markedHello, markedHello.length - hello.length, markedHello.length))
                        .isEqualTo(hello);
            }
        }
        Await.until("relayed", () -> counters.count("relayed") == 1);
    }

    @Test
    void a_peer_that_is_down_is_unreachable() throws IOException {
        linkTo(refusingPort());

        assertThat(answerTo(Hellos.hello("80.web.shop.west.mesh"))).containsExactly(21, 3, 3, 0, 2, 2, 80);
        assertThat(counters.count("peer_unreachable")).isEqualTo(1);
    }

    @Test
    void connections_over_the_bound_are_closed() throws IOException {
        Socket[] held = new Socket[LIMITS.maxConnections()];
        try {
            for (int i = 0; i < held.length; i++) {
                held[i] = dial();
                held[i].getOutputStream().write(Hellos.hello(SERVICE));
                workload.accept();
            }
            try (Socket tooMany = dial()) {
                assertThat(tooMany.getInputStream().read()).isEqualTo(-1);
            }
            assertThat(counters.count("overloaded")).isEqualTo(1);
        } finally {
            for (Socket socket : held) {
                socket.close();
            }
        }
    }

    @Test
    void a_reader_that_does_not_read_stops_its_writer_and_nothing_is_lost() throws Exception {
        byte[] hello = Hellos.hello(SERVICE);
        try (SocketChannel client = SocketChannel.open(port.address())) {
            client.write(ByteBuffer.wrap(hello));
            try (Socket server = workload.accept()) {
                client.configureBlocking(false);
                long written = fill(client);

                // Kernel buffers of both hops, plus what the relay may hold.
                assertThat(written).isPositive().isLessThan(64L << 20);
                client.shutdownOutput();
                assertThat(server.getInputStream().readAllBytes()).hasSize((int) written + hello.length);
            }
        }
    }

    /** Writes until nothing is taken any more, however often it is tried while the relay's counter stands still. */
    private long fill(SocketChannel client) throws IOException {
        long written = 0;
        byte[] block = new byte[64 * 1024];
        int idleRounds = 0;
        while (idleRounds < 2000 && written < 64L << 20) {
            long before = port.bytesIn();
            int count = client.write(ByteBuffer.wrap(block));
            written += count;
            idleRounds = count == 0 && port.bytesIn() == before ? idleRounds + 1 : 0;
            if (count == 0) {
                Thread.yield();
            }
        }
        return written;
    }

    @Test
    void draining_stops_accepting_and_waits_for_relays_that_end() throws Exception {
        try (Socket client = dial()) {
            client.getOutputStream().write(Hellos.hello(SERVICE));
            Socket server = workload.accept();
            Thread.ofVirtual().start(() -> {
                try {
                    Await.until("not accepting", () -> !accepts());
                    server.close();
                    client.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });

            assertThat(port.drain(Duration.ofSeconds(60))).isZero();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the relay did not end", e);
        }
    }

    private boolean accepts() {
        try (Socket probe = new Socket("127.0.0.1", port.address().getPort())) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }
}
