package dev.meshctl.gateway.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.Namespace;
import dev.meshctl.runtime.testing.Namespace.Background;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Machines, each of them a network namespace, of which one loses its network while connections go through it.
 *
 * <pre>
 * client 10.79.1.2 - 10.79.1.1 gateway west 10.79.2.1 - 10.79.2.2 gateway east 10.79.4.2 - 10.79.4.1 workload
 *                                           10.79.3.1 - 10.79.3.2 its other one 10.79.5.2 - 10.79.5.1
 *                                           10.79.6.1 - 10.79.6.2 (a workload of west, too)
 * </pre>
 */
@Timeout(240)
class SilentGatewaysIT {
    private static final String IN_EAST = "80.payments.shop.east.mesh";
    private static final String IN_WEST = "80.payments.shop.west.mesh";
    private static final String APP_PORT = "9001";
    /** Of the gateways of east, as the workload sees them. */
    private static final String EAST_1 = "10.79.4.2";
    private static final String EAST_2 = "10.79.5.2";

    private final String unique = Long.toString(ProcessHandle.current().pid(), 36);
    private final Map<String, Namespace> machines = new LinkedHashMap<>();
    private Background west;
    private Background workload;

    @BeforeEach
    void machines() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to make network namespaces");
        assumeTrue(Path.of("/usr/sbin/ip").toFile().exists() || Path.of("/sbin/ip").toFile().exists(), "needs ip");
        for (String name : List.of("client", "west", "east1", "east2", "app")) {
            machines.put(name, new Namespace("mc-" + name + "-" + unique));
        }
        connect("west", "client", 1);
        connect("west", "east1", 2);
        connect("west", "east2", 3);
        connect("app", "east1", 4);
        connect("app", "east2", 5);
        connect("west", "app", 6);
        workload = start("app", PlainApp.class, "serve", APP_PORT);
        start("east1", PlainGateway.class, "east", "10.79.2.2", "10.79.4.1:" + APP_PORT);
        start("east2", PlainGateway.class, "east", "10.79.3.2", "10.79.5.1:" + APP_PORT);
        west = start("west", PlainGateway.class, "west", "0.0.0.0", "10.79.6.2:" + APP_PORT, "10.79.2.2", "10.79.3.2");
    }

    @AfterEach
    void remove() throws Exception {
        for (Namespace machine : machines.values()) {
            machine.close();
        }
    }

    /** Joins two machines: the first gets .1 of the network with this number, the second .2. */
    private void connect(String first, String second, int network) throws Exception {
        machine(first).ip("link", "add", "net" + network, "type", "veth", "peer", "name", "net" + network, "netns",
                machine(second).name());
        up(first, network, 1);
        up(second, network, 2);
    }

    private void up(String name, int network, int host) throws Exception {
        machine(name).ip("addr", "add", "10.79." + network + "." + host + "/30", "dev", "net" + network);
        machine(name).ip("link", "set", "net" + network, "up");
    }

    private Namespace machine(String name) {
        return Objects.requireNonNull(machines.get(name));
    }

    private Background start(String machine, Class<?> program, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(args));
        return machine(machine).start(command.toArray(String[]::new));
    }

    private Background call(String serverName, String... what) throws Exception {
        List<String> args = new ArrayList<>(List.of("call", "10.79.1.1", serverName));
        args.addAll(List.of(what));
        return start("client", PlainApp.class, args.toArray(String[]::new));
    }

    private static void awaitLine(Background of, String line) throws Exception {
        Await.until(line + ", of what it says: " + of.lines(), () -> of.lines().contains(line));
    }

    @Test
    void connections_through_a_gateway_that_is_gone_end_and_new_ones_go_to_its_other_address() throws Exception {
        Background client = call(IN_EAST, "send", "wait");
        String gone = through(client, "send");
        assertThat(client.lines()).contains("wait through " + gone);

        if (gone.equals(EAST_1)) {
            machine("east1").ip("link", "set", "net2", "down");
        } else {
            machine("east2").ip("link", "set", "net3", "down");
        }

        awaitLine(client, "send ended");
        awaitLine(west, "silent_gateway 1");
        assertThat(through(call(IN_EAST, "wait"), "wait")).isEqualTo(gone.equals(EAST_1) ? EAST_2 : EAST_1);
        awaitLine(client, "wait ended");
        awaitLine(west, "silent_gateway 2");
        // The other end does not wait for the kernel either.
        Await.until("both ended at the workload", () -> ended(gone) == 2);
    }

    /** Which gateway of east a connection went through: the first one, unless it took longer to answer than its head start. */
    private static String through(Background client, String what) {
        String words = what + " through ";
        String address = client.lines().stream().filter(line -> line.startsWith(words)).findFirst().orElseThrow()
                .substring(words.length());
        assertThat(address).isIn(EAST_1, EAST_2);
        return address;
    }

    private long ended(String source) {
        return workload.lines().stream().filter((source + " ended")::equals).count();
    }

    @Test
    void a_connection_to_a_workload_that_is_gone_ends() throws Exception {
        Background client = call(IN_WEST, "send");
        assertThat(client.lines()).contains("send through 10.79.6.1");

        machine("app").ip("link", "set", "net6", "down");

        awaitLine(client, "send ended");
        awaitLine(west, "silent_workload 1");
    }

    @Test
    void connections_of_a_client_that_is_gone_end() throws Exception {
        String through = through(call(IN_EAST, "wait"), "wait");

        machine("client").ip("link", "set", "net1", "down");

        awaitLine(west, "silent_client 1");
        awaitLine(west, "connections 0");
        Await.until("it ended at the workload", () -> ended(through) == 1);
    }
}
