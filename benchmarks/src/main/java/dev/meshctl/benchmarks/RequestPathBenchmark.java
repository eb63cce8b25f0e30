package dev.meshctl.benchmarks;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.authorize.Decision;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.balance.LiveEndpoint;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FlowBuilder;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.InvalidConfig;
import dev.meshctl.proxy.route.RouteChoice;
import dev.meshctl.proxy.route.RouteRequest;
import dev.meshctl.proxy.telemetry.FlowTelemetry;
import dev.meshctl.proxy.tls.ClientHello;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Nanoseconds of each decision that a request needs. Sizes are those of a middling fleet. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders",
        "--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestPathBenchmark {
    private static final int ROUTES = 20;
    private static final int ENDPOINTS = 10;
    private static final int HOSTS = 500;
    private static final int RULES = 10;
    private static final int PORT = 80;

    private final RandomGenerator random = new SplittableRandom(1);
    private final SpiffeId caller = SpiffeId.parse("spiffe://east.mesh/ns/shop/sa/front");
    private final ServiceName destination = new ServiceName("orders", "shop");
    private final Map<MeshHost, Integer> hosts = hosts();
    private final CompiledService service = service();
    private final EndpointSet endpoints = endpoints();
    private final CompiledAccess access = access();
    private final RouteRequest request = new RouteRequest("GET", "/part" + (ROUTES - 1) + "/item", "", name -> null, PORT);
    private final ByteBuf hello = hello("80.orders.shop.east.mesh");
    private final FlowTelemetry telemetry = new FlowTelemetry();

    /** The last of the routes matches. */
    @Benchmark
    public Optional<RouteChoice> routeDecision() {
        return service.route(request);
    }

    /** Power of two choices. */
    @Benchmark
    public @Nullable LiveEndpoint endpointPick() {
        return endpoints.pick(PORT, "", Set.of(), random);
    }

    /** From the text of the host header to what is known of the host. */
    @Benchmark
    public @Nullable Integer hostLookup() {
        return hosts.get(MeshHost.parse("service7.shop", "shop").orElseThrow());
    }

    /** The last of the rules allows. */
    @Benchmark
    public Decision accessDecision() {
        return access.decide(caller, "GET", "/part9/item", PORT);
    }

    /** Once for each connection. */
    @Benchmark
    public ClientHello.Peek serverName() {
        return ClientHello.peek(hello);
    }

    /** One request counted, its record included. */
    @Benchmark
    public void telemetryRecord() {
        new FlowBuilder(Direction.INBOUND, telemetry).caller(caller).secured(null).protocol(FlowProtocol.HTTP1)
                .destination(destination).request("GET", "/", "").finish(200, null);
    }

    private static Map<MeshHost, Integer> hosts() {
        Map<MeshHost, Integer> hosts = new ConcurrentHashMap<>();
        for (int i = 0; i < HOSTS; i++) {
            hosts.put(MeshHost.parse("service" + i + ".shop", "shop").orElseThrow(), i);
        }
        return hosts;
    }

    private static CompiledService service() {
        Service.Builder wire = Service.newBuilder().setHost("orders.shop.svc.cluster.local").setName("orders").setNamespace("shop");
        for (int i = 0; i < ROUTES; i++) {
            wire.addHttpRoutes(HttpRoute.newBuilder().setId("shop/orders/" + i)
                    .addMatches(RouteMatch.newBuilder().setPathPrefix("/part" + i))
                    .addBackends(Backend.newBuilder().setWeight(1)));
        }
        try {
            return CompiledService.compile(wire.build());
        } catch (InvalidConfig e) {
            throw new IllegalStateException(e);
        }
    }

    private static EndpointSet endpoints() {
        Endpoints.Builder wire = Endpoints.newBuilder().setHost("orders.shop.svc.cluster.local");
        for (int i = 0; i < ENDPOINTS; i++) {
            wire.addEndpoints(Endpoint.newBuilder().setId("orders-" + i).setAddress("10.0.0." + (i + 1)).setPort(15006)
                    .setVersion("v1").setWeight(1).setCluster("east").addPorts(PORT)
                    .addIdentities("spiffe://east.mesh/ns/shop/sa/orders").setSniSuffix("orders.shop.east.mesh"));
        }
        try {
            return EndpointSet.compile(wire.build());
        } catch (InvalidConfig e) {
            throw new IllegalStateException(e);
        }
    }

    private static CompiledAccess access() {
        Access.Builder wire = Access.newBuilder();
        for (int i = 0; i < RULES; i++) {
            wire.addAllows(AccessRule.newBuilder().setPolicy("shop/rule" + i).addNamespaces("shop").addMethods("GET")
                    .addPaths("/part" + i + "/*"));
        }
        try {
            return CompiledAccess.compile(wire.build());
        } catch (InvalidConfig e) {
            throw new IllegalStateException(e);
        }
    }

    // RFC 8446, 4.1.2, with one extension: server_name.
    private static ByteBuf hello(String serverName) {
        byte[] name = serverName.getBytes(StandardCharsets.US_ASCII);
        int extension = 2 + 1 + 2 + name.length;
        int body = 2 + 32 + 1 + 2 + 2 + 2 + 2 + 4 + extension;
        return Unpooled.buffer().writeByte(22).writeShort(0x0301).writeShort(4 + body)
                .writeByte(1).writeMedium(body)
                .writeShort(0x0303).writeZero(32).writeByte(0)
                .writeShort(2).writeShort(0x1301).writeByte(1).writeByte(0)
                .writeShort(4 + extension)
                .writeShort(0).writeShort(extension).writeShort(extension - 2)
                .writeByte(0).writeShort(name.length).writeBytes(name);
    }
}
