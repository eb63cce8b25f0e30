package dev.meshctl.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.admin.GetRequest;
import dev.meshctl.api.proto.proxy.ProbeRequest;
import dev.meshctl.api.proto.proxy.ProbeResult;
import dev.meshctl.api.proto.proxy.Upstream;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.sample.HttpAnswer;
import dev.meshctl.sample.LoadClient;
import dev.meshctl.sample.LoadReport;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two linked clusters, all parts real, in one JVM. Each test has services of its own. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class MeshIT {
    @RegisterExtension
    static final MeshExtension mesh = MeshExtension.clusters("west", "east").linked();

    private static final TestClusters clusters = new TestClusters();

    private static final class TestClusters {
        TestCluster west() {
            return mesh.cluster("west");
        }

        TestCluster east() {
            return mesh.cluster("east");
        }
    }

    private static String global(String service) {
        return "http://" + service + ".svc.clusterset.local/";
    }

    @Test
    void a_call_inside_a_cluster_arrives_over_mtls_under_the_callers_identity() throws Exception {
        clusters.west().serve("orders.inside", "v1");
        TestWorkload web = clusters.west().client("web.inside");
        HttpAnswer answer = web.getUntil(200, "http://orders/");
        assertThat(answer.body()).contains("URI=spiffe://west.mesh/ns/inside/sa/web");
        assertThat(answer.header("x-meshctl-served-by")).isEqualTo("west/v1");
    }

    @Test
    void a_call_to_the_other_cluster_goes_through_the_gateways_and_keeps_its_identity() throws Exception {
        clusters.east().serve("payments.across", "v1");
        clusters.east().export("payments.across");
        TestWorkload web = clusters.west().client("web.across");
        HttpAnswer answer = web.getUntil(200, global("payments.across"));
        assertThat(answer.body()).contains("\"cluster\":\"east\"", "URI=spiffe://west.mesh/ns/across/sa/web");
        assertThat(answer.header("x-meshctl-served-by")).isEqualTo("east/v1");
        ProbeResult probe = clusters.west().proxy().probe(ProbeRequest.newBuilder()
                .setUrl(global("payments.across")).setTimeoutMs(25_000).build()).getResults(0);
        assertThat(probe.getPeerIdentity()).isEqualTo("spiffe://east.mesh/ns/across/sa/payments");
        assertThat(probe.getViaGateway()).isTrue();
    }

    @Test
    void a_service_that_is_not_exported_cannot_be_reached_from_the_other_cluster() throws Exception {
        clusters.east().serve("inventory.hidden", "v1");
        clusters.east().client("web.hidden").getUntil(200, "http://inventory.hidden/");
        TestWorkload web = clusters.west().client("web.hidden");
        Set<Integer> reached = new HashSet<>();
        for (String url : new String[] {global("inventory.hidden"), "http://inventory.hidden.svc.east.mesh/"}) {
            // A control plane that has not answered in time is another cause; then it has not been asked yet.
            Eventually.holds(url + " is no service", () -> {
                HttpAnswer answer = web.get(url);
                reached.add(answer.status());
                return answer.header("x-meshctl-error").equals("no_such_service");
            });
            assertThat(reached).containsOnly(503);
        }
    }

    @Test
    void a_denied_caller_is_told_the_policy_and_others_still_may() throws Exception {
        clusters.east().serve("payments.policy", "v1");
        clusters.east().export("payments.policy");
        TestWorkload web = clusters.west().client("web.policy");
        TestWorkload orders = clusters.west().client("orders.policy");
        orders.getUntil(200, global("payments.policy"));
        clusters.east().apply("""
                {"apiVersion": "meshctl.dev/v1alpha1", "kind": "AccessPolicy",
                 "metadata": {"name": "no-orders", "namespace": "policy"},
                 "spec": {"service": "payments", "action": "Deny", "rules": [
                   {"from": {"identities": ["spiffe://west.mesh/ns/policy/sa/orders"]}}]}}""");
        HttpAnswer denied = orders.getUntil(403, global("payments.policy"));
        assertThat(denied.header("x-meshctl-error")).isEqualTo("denied");
        assertThat(denied.body()).contains("policy/no-orders");
        web.getUntil(200, global("payments.policy"));
    }

    @Test
    void a_split_made_where_the_service_is_holds_for_callers_in_the_other_cluster() throws Exception {
        clusters.east().serve("payments.split", "v1");
        clusters.east().serve("payments.split", "v2");
        clusters.east().export("payments.split");
        TestWorkload web = clusters.west().client("web.split");
        web.getUntil(200, global("payments.split"));
        clusters.east().apply(split("split", 20));
        // The weights have arrived once a whole sample keeps to them.
        Eventually.holds("20 % of the calls reach v2", () -> {
            int second = 0;
            for (int i = 0; i < 200; i++) {
                second += web.get(global("payments.split")).body().contains("\"v2\"") ? 1 : 0;
            }
            return second >= 15 && second <= 70;
        });
    }

    @Test
    void traffic_goes_on_while_a_control_plane_is_away_and_it_catches_up() throws Exception {
        clusters.west().serve("orders.restart", "v1");
        TestWorkload web = clusters.west().client("web.restart");
        web.getUntil(200, "http://orders.restart/");
        try (LoadClient load = web.load("http://orders.restart/", 50)) {
            clusters.west().stop(TestCluster.Part.CONTROL_PLANE);
            LoadReport before = load.report();
            Eventually.holds("requests go on", () -> load.report().since(before).requests() > 50);
            TestWorkload second = clusters.west().serve("orders.restart", "v2");
            clusters.west().start(TestCluster.Part.CONTROL_PLANE);
            Eventually.holds("the new version is called", () -> load.report().byVersion().containsKey("v2"));
            LoadReport report = load.stop();
            assertThat(report.failed()).as(report.byCause() + " " + report.firstFailures()).isZero();
            second.close();
        } finally {
            clusters.west().start(TestCluster.Part.CONTROL_PLANE);
        }
    }

    @Test
    void a_shift_moves_the_traffic_when_its_gate_passes_and_reverts_it_when_not() throws Exception {
        clusters.east().serve("payments.gate", "v1");
        clusters.east().serve("payments.gate", "v2");
        clusters.east().export("payments.gate");
        TestWorkload web = clusters.west().client("web.gate");
        clusters.east().apply(split("gate", 0));
        web.getUntil(200, global("payments.gate"));
        try (LoadClient load = web.load(global("payments.gate"), 80)) {
            clusters.east().apply(shift("gate", "to-v2", "v1", "v2"));
            assertThat(phase("gate", "to-v2")).isEqualTo("Succeeded");
            clusters.east().serve("payments.gate", "v3", exchange -> exchange.sendResponseHeaders(500, -1));
            clusters.east().apply(shift("gate", "to-v3", "v2", "v3"));
            assertThat(phase("gate", "to-v3")).isEqualTo("Reverted");
            assertThat(load.report().byStatus()).containsKey(500);
            Eventually.holds("v3 gets no more calls", () -> {
                LoadReport from = load.report();
                Eventually.holds("20 more calls", () -> load.report().since(from).requests() > 20);
                LoadReport since = load.report().since(from);
                return since.failed() == 0 && since.byVersion().keySet().equals(Set.of("v2"));
            });
        }
    }

    @Test
    void grpc_goes_through_both_gateways_with_its_status() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
                .addService(new TelemetryGrpc.TelemetryImplBase() {
                    @Override
                    public void push(Window request, StreamObserver<PushResponse> answer) {
                        if (request.getNode().equals("good")) {
                            answer.onNext(PushResponse.getDefaultInstance());
                            answer.onCompleted();
                        } else {
                            answer.onError(Status.INVALID_ARGUMENT.withDescription("no such node").asException());
                        }
                    }
                }).build().start();
        clusters.east().host("telemetry.rpc", "v1", 50051, server.getPort(), "http2", server::shutdownNow);
        clusters.east().export("telemetry.rpc");
        TestWorkload web = clusters.west().client("web.rpc");
        InetSocketAddress at = web.outbound();
        ManagedChannel channel = NettyChannelBuilder.forAddress(at).usePlaintext()
                .overrideAuthority("telemetry.rpc.svc.clusterset.local:50051").build();
        try {
            TelemetryGrpc.TelemetryBlockingStub stub = TelemetryGrpc.newBlockingStub(channel);
            Eventually.holds("a call succeeds", () -> stub.withDeadlineAfter(30, TimeUnit.SECONDS)
                    .push(Window.newBuilder().setNode("good").build()) != null);
            try {
                stub.withDeadlineAfter(30, TimeUnit.SECONDS).push(Window.newBuilder().setNode("bad").build());
                throw new AssertionError("the error of the server was lost");
            } catch (StatusRuntimeException e) {
                assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(e.getStatus().getDescription()).isEqualTo("no such node");
            }
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void opaque_bytes_go_through_both_gateways_by_an_upstream_listener() throws Exception {
        ServerSocket echo = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> echo(echo));
        clusters.east().host("echo.bytes", "v1", 7000, echo.getLocalPort(), "tcp", echo);
        clusters.east().export("echo.bytes");
        TestWorkload web = clusters.west().client("web.bytes", Upstream.newBuilder()
                .setHost("echo.bytes.svc.clusterset.local").setPort(7000).build());
        Eventually.holds("the echo comes back", () -> {
            try (Socket socket = new Socket()) {
                socket.connect(web.upstream(), 5000);
                socket.setSoTimeout(5000);
                socket.getOutputStream().write("over the hills\n".getBytes(StandardCharsets.UTF_8));
                return new String(socket.getInputStream().readNBytes(15), StandardCharsets.UTF_8)
                        .equals("over the hills\n");
            }
        });
    }

    @Test
    void a_peer_that_goes_away_turns_stale_and_its_services_fail_fast_until_it_is_back() throws Exception {
        clusters.east().serve("payments.away", "v1");
        clusters.east().export("payments.away");
        TestWorkload web = clusters.west().client("web.away");
        web.getUntil(200, global("payments.away"));
        try {
            clusters.east().stop(TestCluster.Part.GATEWAY);
            mesh.awaitLink("west", "east", "Stale");
            HttpAnswer answer = web.getUntil(503, global("payments.away"));
            assertThat(answer.header("x-meshctl-error")).isNotEmpty();
            assertThat(answer.body()).isNotBlank();
        } finally {
            clusters.east().start(TestCluster.Part.GATEWAY);
        }
        mesh.awaitLink("west", "east", "Active");
        web.getUntil(200, global("payments.away"));
    }

    private static void echo(ServerSocket server) {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket; InputStream in = socket.getInputStream()) {
                        in.transferTo(socket.getOutputStream());
                    } catch (java.io.IOException e) {
                        // The client is gone, and with it the echo.
                        Thread.currentThread().interrupt();
                    }
                });
            } catch (java.io.IOException e) {
                return;
            }
        }
    }

    private static String split(String namespace, int percent) {
        return """
                {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
                 "metadata": {"name": "payments", "namespace": "%s"},
                 "spec": {"parentRefs": [{"kind": "Service", "name": "payments"}], "rules": [{"backendRefs": [
                   {"group": "meshctl.dev", "kind": "Version", "name": "v1", "weight": %d},
                   {"group": "meshctl.dev", "kind": "Version", "name": "v2", "weight": %d}]}]}}"""
                .formatted(namespace, 100 - percent, percent);
    }

    private static String shift(String namespace, String name, String from, String to) {
        return """
                {"apiVersion": "meshctl.dev/v1alpha1", "kind": "TrafficShift",
                 "metadata": {"name": "%s", "namespace": "%s"},
                 "spec": {"service": "payments", "from": "%s", "to": "%s", "steps": [50, 100], "bake": "2s",
                   "gate": {"successRatePercent": 95, "minRequests": 20}}}""".formatted(name, namespace, from, to);
    }

    private static String phase(String namespace, String name) throws InterruptedException {
        return Eventually.gives("the shift " + name + " ends", () -> {
            String json = clusters.east().admin().get(GetRequest.newBuilder().setKind("TrafficShift")
                    .setNamespace(namespace).setName(name).build()).getResources(0);
            String phase = tools.jackson.databind.json.JsonMapper.shared().readTree(json)
                    .path("status").path("phase").asString("");
            return java.util.List.of("Succeeded", "Reverted", "Failed").contains(phase)
                    ? java.util.Optional.of(phase) : java.util.Optional.empty();
        });
    }
}
