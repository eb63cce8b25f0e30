package dev.meshctl.benchmarks;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.gateway.relay.EastWestListener;
import dev.meshctl.gateway.relay.RelayLimits;
import dev.meshctl.gateway.relay.RouteTable;
import dev.meshctl.gateway.relay.Transport;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.socket.Sockets;
import io.netty.channel.local.LocalAddress;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a relay of the gateway costs by each kind of sockets, over loopback. The kinds take turns of a quarter of a second, so
 * that whatever else the machine does meets them alike; CPU time is that of the relay's threads alone.
 */
public final class RelayComparison {
    private static final Duration TURN = Duration.ofMillis(250);
    private static final int WARM_UP_TURNS = 30;
    private static final int TURNS = 60;

    private final Sockets kind;
    private final EastWestListener port;
    private final Set<Long> threads = new HashSet<>();
    private final List<RelayCall> calls = new ArrayList<>();
    private long operations;
    private long nanos;
    private long cpuNanos;

    private RelayComparison(Sockets kind, RelayWorkload workload, boolean echo) throws IOException {
        this.kind = kind;
        Set<Long> others = relayThreads();
        RouteTable routes = RouteTable.of("east", new TrustDomain("east.mesh"), GatewayState.newBuilder()
                .addExports(LocalExport.newBuilder()
                        .setService(ExportedService.newBuilder().setName("payments").setNamespace("shop")
                                .addPorts(ExportedPort.newBuilder().setNumber(80)))
                        .addTargets(RelayTarget.newBuilder().setAddress("127.0.0.1").setPort(workload.port())
                                .setReady(true))).build(), ignored -> { });
        port = EastWestListener.open(Transport.open(kind), new EastWestListener.Setup(
                new InetSocketAddress("127.0.0.1", 0), List.of(), () -> routes, new LocalAddress("no-peering"),
                new LocalAddress("no-link"), RelayLimits.DEFAULT, new Counters(), InstantSource.system(), new Random(1)));
        for (int i = 0; i < RelayWorkload.CONNECTIONS; i++) {
            calls.add(RelayCall.open(port.address(), echo));
        }
        threads.addAll(relayThreads());
        threads.removeAll(others);
    }

    /** Both ways of using a relay: 256 bytes there and back, and 1 MiB in one direction. */
    public static void main(String[] args) throws Exception {
        RelayWorkload workload = new RelayWorkload();
        compare("exchange of 256 bytes", workload, true);
        compare("upload of 1 MiB", workload, false);
        System.exit(0);
    }

    private static void compare(String what, RelayWorkload workload, boolean echo) throws Exception {
        Map<Sockets, RelayComparison> kinds = new EnumMap<>(Sockets.class);
        for (Sockets kind : Sockets.values()) {
            kinds.put(kind, new RelayComparison(kind, workload, echo));
        }
        for (int turn = 0; turn < WARM_UP_TURNS + TURNS; turn++) {
            for (RelayComparison each : kinds.values()) {
                each.turn(turn >= WARM_UP_TURNS);
            }
        }
        kinds.values().forEach(each -> System.out.printf("%s, %s: %.0f/s, %.1f us of CPU time each%n", what, each.kind,
                each.operations * 1e9 / each.nanos, each.cpuNanos / 1e3 / each.operations));
        for (RelayComparison each : kinds.values()) {
            each.port.close();
        }
    }

    private void turn(boolean counted) throws InterruptedException {
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        long end = start + TURN.toNanos();
        long[] done = new long[calls.size()];
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < done.length; i++) {
            int index = i;
            callers.add(Thread.ofPlatform().start(() -> done[index] = calls.get(index).repeatUntil(end)));
        }
        for (Thread caller : callers) {
            caller.join(TimeUnit.MINUTES.toMillis(1));
        }
        if (counted) {
            nanos += System.nanoTime() - start;
            operations += Arrays.stream(done).sum();
            cpuNanos += cpuNanos() - cpuBefore;
        }
    }

    private long cpuNanos() {
        return threads.stream().mapToLong(ManagementFactory.getThreadMXBean()::getThreadCpuTime).sum();
    }

    private static Set<Long> relayThreads() {
        Set<Long> ids = new HashSet<>();
        Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("gateway-relay"))
                .forEach(thread -> ids.add(thread.threadId()));
        return ids;
    }
}
