package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class OpaqueAndGrpcCallsTest {
    private static final MethodDescriptor.Marshaller<String> TEXT = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };
    private static final MethodDescriptor<String, String> UNARY = method("Echo", MethodDescriptor.MethodType.UNARY);
    private static final MethodDescriptor<String, String> STREAM =
            method("Count", MethodDescriptor.MethodType.SERVER_STREAMING);

    private final SmallMesh mesh = new SmallMesh();

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.newBuilder(TEXT, TEXT).setType(type).setFullMethodName("test.Greeter/" + name).build();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private Hosted grpcService() throws IOException {
        Server server = NettyServerBuilder.forAddress(SmallMesh.loopback())
                .addService(ServerServiceDefinition.builder("test.Greeter")
                        .addMethod(UNARY, ServerCalls.asyncUnaryCall((request, answer) -> {
                            if (request.equals("fail")) {
                                answer.onError(Status.FAILED_PRECONDITION.withDescription("not today").asException());
                            } else {
                                answer.onNext("hello " + request);
                                answer.onCompleted();
                            }
                        }))
                        .addMethod(STREAM, ServerCalls.asyncServerStreamingCall((request, answer) -> {
                            for (int i = 0; i < Integer.parseInt(request); i++) {
                                answer.onNext("n" + i);
                            }
                            answer.onCompleted();
                        }))
                        .build())
                .build().start();
        mesh.track(server::shutdownNow);
        Hosted greeter = mesh.workload("greeter", "v1", server.getPort(), Protocol.HTTP2);
        mesh.publish(SmallMesh.service("greeter", Protocol.HTTP2), SmallMesh.endpoint(greeter));
        return greeter;
    }

    private ManagedChannel channel(String service) {
        Listener upstream = mesh.upstream(mesh.client("web"), service);
        ManagedChannel channel = NettyChannelBuilder.forAddress(upstream.address()).usePlaintext().build();
        mesh.track(channel::shutdownNow);
        return channel;
    }

    @Test
    void grpc_calls_unary_and_streaming_go_through_with_their_trailers() throws Exception {
        grpcService();
        ManagedChannel channel = channel("greeter");

        assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "mesh")).isEqualTo("hello mesh");
        Iterator<String> counted = ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, "5000");
        List<String> all = new ArrayList<>();
        counted.forEachRemaining(all::add);
        assertThat(all).hasSize(5000).endsWith("n4999");
        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "fail"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                    assertThat(e.getStatus().getDescription()).isEqualTo("not today");
                });
        FlowRecord flow = mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.protocol() == FlowProtocol.GRPC);
        assertThat(flow.mtls()).isTrue();
        assertThat(flow.status()).isEqualTo(200);
    }

    @Test
    void a_denied_grpc_caller_gets_permission_denied_with_the_policy() throws Exception {
        grpcService();
        mesh.access.put("greeter", CompiledAccess.compile(Access.newBuilder().addDenies(
                AccessRule.newBuilder().setPolicy("shop/closed")).build()));

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel("greeter"), UNARY, CallOptions.DEFAULT, "mesh"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
                    assertThat(e.getStatus().getDescription()).contains("shop/closed");
                });
    }

    @Test
    void grpc_to_a_service_without_workloads_is_unavailable_with_the_reason() {
        mesh.publish(SmallMesh.service("greeter", Protocol.HTTP2));

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(
                        channel("greeter"), UNARY, CallOptions.DEFAULT, "mesh"))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
                    assertThat(e.getStatus().getDescription()).contains("no workload serves");
                });
    }

    private int greeter(String greeting) throws IOException {
        Server server = NettyServerBuilder.forAddress(SmallMesh.loopback())
                .addService(ServerServiceDefinition.builder("test.Greeter")
                        .addMethod(UNARY, ServerCalls.asyncUnaryCall((request, answer) -> {
                            answer.onNext(greeting);
                            answer.onCompleted();
                        }))
                        .addMethod(STREAM, ServerCalls.asyncServerStreamingCall((request, answer) -> {
                            answer.onNext(greeting);
                            answer.onCompleted();
                        }))
                        .build())
                .build().start();
        mesh.track(server::shutdownNow);
        return server.getPort();
    }

    @Test
    void grpc_calls_go_by_service_and_method_and_what_no_route_takes_is_unimplemented() throws Exception {
        Hosted one = mesh.workload("greeter", "v1", greeter("one"), Protocol.HTTP2);
        Hosted two = mesh.workload("greeter", "v2", greeter("two"), Protocol.HTTP2);
        Backend.Builder v1 = Backend.newBuilder().setVersion("v1").setWeight(1);
        Backend.Builder v2 = Backend.newBuilder().setVersion("v2").setWeight(1);
        RouteMatch.Builder echo = RouteMatch.newBuilder().setPathExact("/test.Greeter/Echo");
        RouteMatch.Builder streams = RouteMatch.newBuilder().setPathRegex("/(?:[^/]+)/(?:Cou.*)");
        Service.Builder routed = SmallMesh.service("greeter", Protocol.HTTP2)
                .addHttpRoutes(HttpRoute.newBuilder().setId("shop/greeter/0").addMatches(echo).addBackends(v1));

        mesh.publish(routed, SmallMesh.endpoint(one), SmallMesh.endpoint(two));
        ManagedChannel channel = channel("greeter");
        assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, "x")).isEqualTo("one");
        assertThatThrownBy(() -> ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, "x").next())
                .isInstanceOfSatisfying(StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));

        mesh.publish(routed.addHttpRoutes(HttpRoute.newBuilder().setId("shop/greeter/1").addMatches(streams).addBackends(v2)),
                SmallMesh.endpoint(one), SmallMesh.endpoint(two));
        assertThat(ClientCalls.blockingServerStreamingCall(channel, STREAM, CallOptions.DEFAULT, "x").next()).isEqualTo("two");
        assertThat(mesh.awaitFlow(f -> f.route().equals("shop/greeter/1")).protocol()).isEqualTo(FlowProtocol.GRPC);
    }

    @Test
    void grpc_calls_of_a_route_without_backends_are_unavailable() throws Exception {
        grpcService();
        mesh.publish(SmallMesh.service("greeter", Protocol.HTTP2).addHttpRoutes(HttpRoute.newBuilder().setId("shop/greeter/0")));

        assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel("greeter"), UNARY, CallOptions.DEFAULT, "mesh"))
                .isInstanceOfSatisfying(StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    }

    private int lineServer(boolean speaksFirst) throws IOException {
        ServerSocket server = mesh.track(new ServerSocket(0, 50, SmallMesh.loopback().getAddress()));
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> serve(socket, speaksFirst));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server.getLocalPort();
    }

    private static void serve(Socket socket, boolean speaksFirst) {
        try (socket) {
            if (speaksFirst) {
                socket.getOutputStream().write("220 ready\n".getBytes(StandardCharsets.US_ASCII));
            }
            int b;
            StringBuilder line = new StringBuilder();
            while ((b = socket.getInputStream().read()) >= 0) {
                line.append((char) b);
                if (b == '\n') {
                    socket.getOutputStream().write(("you said " + line).getBytes(StandardCharsets.US_ASCII));
                    line.setLength(0);
                }
            }
        } catch (IOException e) {
            // the client went away
        }
    }

    @Test
    void opaque_bytes_go_both_ways_over_mtls_also_where_the_server_speaks_first() throws Exception {
        Hosted mail = mesh.workload("mail", "v1", lineServer(true), Protocol.TCP);
        mesh.publish(SmallMesh.service("mail", Protocol.TCP), SmallMesh.endpoint(mail));
        try (RawHttp client = new RawHttp(mesh.upstream(mesh.client("web"), "mail").address())) {
            assertThat(client.readUntil("\n")).isEqualTo("220 ready\n");
            assertThat(client.send("helo\n").readUntil("\n")).isEqualTo("you said helo\n");
        }
        FlowRecord out = mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.protocol() == FlowProtocol.TCP);
        assertThat(out.mtls()).isTrue();
        assertThat(out.failure()).isNull();
        assertThat(out.bytesReceived()).isEqualTo(5);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.INBOUND).source()).isEqualTo(mesh.id("web"));
    }

    @Test
    void connect_opens_a_tunnel_whose_bytes_are_detected_anew() throws Exception {
        Hosted lines = mesh.workload("lines", "v1", lineServer(false), Protocol.DETECT);
        mesh.publish(SmallMesh.service("lines", Protocol.DETECT), SmallMesh.endpoint(lines));
        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web")).address())) {
            assertThat(client.send("CONNECT lines.shop:80 HTTP/1.1\r\nhost: lines.shop:80\r\n\r\n").readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(client.send("\u0001binary\n").readUntil("\n")).isEqualTo("you said \u0001binary\n");
        }
        assertThat(mesh.awaitFlow(f -> f.protocol() == FlowProtocol.TCP && f.bytesSent() > 0).mtls()).isTrue();
    }

    @Test
    void a_denied_opaque_connection_is_closed_and_counted() throws Exception {
        Hosted lines = mesh.workload("lines", "v1", lineServer(true), Protocol.TCP);
        mesh.publish(SmallMesh.service("lines", Protocol.TCP), SmallMesh.endpoint(lines));
        mesh.access.put("lines", CompiledAccess.compile(Access.newBuilder().addDenies(
                AccessRule.newBuilder().setPolicy("shop/closed").addPaths("/only/http")).build()));
        try (RawHttp client = new RawHttp(mesh.upstream(mesh.client("web"), "lines").address())) {
            assertThat(client.readAll()).isEmpty();
        }
        assertThat(mesh.awaitFlow(FlowRecord::denied).policy()).isEqualTo("shop/closed");
    }

    @Test
    void a_websocket_upgrade_becomes_a_tunnel() throws Exception {
        ServerSocket server = mesh.track(new ServerSocket(0, 50, SmallMesh.loopback().getAddress()));
        Thread.ofVirtual().start(() -> {
            try (Socket socket = server.accept()) {
                StringBuilder head = new StringBuilder();
                while (head.indexOf("\r\n\r\n") < 0) {
                    head.append((char) socket.getInputStream().read());
                }
                socket.getOutputStream().write(("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n"
                        + "connection: upgrade\r\nsec-websocket-accept: x\r\n\r\nwelcome\n").getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().flush();
                socket.getInputStream().transferTo(socket.getOutputStream());
            } catch (IOException e) {
                // the client went away
            }
        });
        Hosted chat = mesh.workload("chat", "v1", server.getLocalPort(), Protocol.HTTP1);
        mesh.publish(SmallMesh.service("chat", Protocol.HTTP1), SmallMesh.endpoint(chat));
        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web")).address())) {
            String head = client.send("GET / HTTP/1.1\r\nhost: chat\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n")
                    .readUntil("\r\n\r\n");
            assertThat(head).startsWith("HTTP/1.1 101").contains("sec-websocket-accept: x");
            assertThat(client.readUntil("\n")).isEqualTo("welcome\n");
            assertThat(client.send("ping\n").readUntil("\n")).isEqualTo("ping\n");
        }
    }
}
