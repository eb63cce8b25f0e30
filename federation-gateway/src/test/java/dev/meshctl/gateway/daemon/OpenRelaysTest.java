package dev.meshctl.gateway.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.gateway.relay.Hellos;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A connection that is open through both gateways, while what their control planes say changes. */
@Timeout(240)
class OpenRelaysTest {
    @TempDir
    Path directory;
    private TestCluster west;
    private TestCluster east;
    private ServerSocket workload;
    private Socket client;
    private Socket server;

    @BeforeEach
    void connect() throws Exception {
        workload = new ServerSocket(0, 16, InetAddress.getByName("127.0.0.1"));
        workload.setSoTimeout(45_000);
        west = new TestCluster("west", directory);
        east = new TestCluster("east", directory);
        west.linkWith(east);
        east.export("payments", 1, RelayTarget.newBuilder().setAddress("127.0.0.1").setPort(workload.getLocalPort())
                .setReady(true).build());
        Await.until("synced", () -> west.importedNames(east).contains("payments"));
        HostPort gateway = HostPort.parse(west.address());
        client = new Socket(gateway.host(), gateway.port());
        client.setSoTimeout(45_000);
        client.getOutputStream().write(Hellos.hello("80.payments.shop.east.mesh"));
        server = workload.accept();
        server.setSoTimeout(45_000);
        answer();
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        server.close();
        workload.close();
        west.close();
        east.close();
    }

    private void answer() throws IOException {
        server.getOutputStream().write(42);
        assertThat(client.getInputStream().read()).isEqualTo(42);
    }

    private void hasEnded() throws IOException {
        assertThat(client.getInputStream().readAllBytes()).isEmpty();
        server.getInputStream().readAllBytes();
    }

    @Test
    void it_ends_when_the_callers_side_removes_the_link() throws Exception {
        west.state.clearLinks();
        west.push();

        hasEnded();
        assertThat(west.count("link_removed")).isEqualTo(1);
    }

    @Test
    void it_ends_when_the_service_is_no_longer_exported() throws Exception {
        east.state.clearExports();
        east.push();

        hasEnded();
        assertThat(east.count("export_removed")).isEqualTo(1);
    }

    @Test
    void it_outlives_the_control_planes_of_both_sides_and_their_return() throws Exception {
        west.control.stop();
        east.control.stop();
        Await.until("both know", () ->
                !west.gateway().isControlPlaneConnected() && !east.gateway().isControlPlaneConnected());
        answer();

        west.control.startAgain();
        east.control.startAgain();
        Await.until("both are back", () ->
                west.gateway().isControlPlaneConnected() && east.gateway().isControlPlaneConnected());
        answer();

        assertThat(west.count("link_removed") + east.count("export_removed")).isZero();
    }
}
