package dev.meshctl.gateway.relay;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedPort;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.control.RelayTarget;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import io.netty.channel.local.LocalAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The east-west port of a gateway by itself, as a process until its input ends: it relays, is told all that it knows at the
 * start, and says each count that changes, also those that it has left again before the next look.
 */
final class PlainGateway {
    static final int PORT = 15443;
    /** As by default, but for a busy machine: time to say something, and to connect. */
    private static final RelayLimits LIMITS = new RelayLimits(RelayLimits.DEFAULT.maxConnections(), Duration.ofSeconds(60),
            Duration.ofSeconds(30), RelayLimits.DEFAULT.maxAttempts(), RelayLimits.DEFAULT.idleTimeout(),
            RelayLimits.DEFAULT.withdrawalGrace());

    private final Counters counters = new Counters();
    private final EastWestListener port;
    private final Map<String, Long> said = new HashMap<>(Map.of("connections", 0L));

    private PlainGateway(String cluster, InetSocketAddress bind, GatewayState state) throws Exception {
        RouteTable routes = RouteTable.of(cluster, TrustDomain.ofCluster(cluster), state, ignored -> { });
        port = EastWestListener.open(Transport.open(), new EastWestListener.Setup(bind, List.of(), () -> routes,
                new LocalAddress("no-peering"), new LocalAddress("no-link"), LIMITS, counters,
                InstantSource.system(), new Random(1)));
    }

    /**
     * Arguments: its cluster, its address, the workload of {@code payments.shop} in it, the addresses of gateways of cluster
     * {@code east} if it is linked.
     */
    public static void main(String[] args) throws Exception {
        HostPort workload = HostPort.parse(args[2]);
        GatewayState.Builder state = GatewayState.newBuilder().addExports(LocalExport.newBuilder()
                .setService(ExportedService.newBuilder().setName("payments").setNamespace("shop")
                        .addPorts(ExportedPort.newBuilder().setNumber(80)))
                .addTargets(RelayTarget.newBuilder().setAddress(workload.host()).setPort(workload.port()).setReady(true)));
        if (args.length > 3) {
            Link.Builder link = Link.newBuilder().setPeer("east").setTrustDomain("east.mesh");
            List.of(args).subList(3, args.length).forEach(address -> link.addAddresses(address + ":" + PORT));
            state.addLinks(link);
        }
        PlainGateway gateway = new PlainGateway(args[0], new InetSocketAddress(args[1], PORT), state.build());
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory())
                .scheduleWithFixedDelay(gateway::sayWhatChanged, 20, 20, TimeUnit.MILLISECONDS);
        System.out.println("READY");
        while (System.in.read() >= 0) {
            // until the test is over
        }
        System.exit(0);
    }

    private void sayWhatChanged() {
        Map<String, Long> now = new HashMap<>(counters.snapshot());
        now.put("connections", (long) port.connections());
        now.forEach((name, count) -> {
            long before = Objects.requireNonNullElse(said.put(name, count), 0L);
            for (long each = before + 1; each < count; each++) {
                System.out.println(name + " " + each);
            }
            if (count != before) {
                System.out.println(name + " " + count);
            }
        });
    }
}
