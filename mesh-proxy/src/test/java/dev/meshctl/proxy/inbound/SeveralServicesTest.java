package dev.meshctl.proxy.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.flow.AppPort;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.Scopes;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.TestApp;
import java.net.InetAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One workload that is behind the services payments and refunds. */
@Timeout(180)
class SeveralServicesTest {
    private static final ServiceName REFUNDS = new ServiceName("refunds", "shop");

    private final SmallMesh mesh = new SmallMesh();
    private final TestApp app = mesh.track(TestApp.saying("paid"));
    private final TestApp other = mesh.track(TestApp.saying("refunded"));
    private volatile CompiledAccess ofRefunds = CompiledAccess.OPEN;
    private WorkloadScope payments;
    private WorkloadScope refunds;
    private Scopes scopes;
    private HttpClient http;

    @BeforeEach
    void host() throws Exception {
        payments = mesh.scope("payments", "v1", at(app), new SmallMesh.RenewableSvid(mesh.svid("payments")), mesh.authority);
        refunds = payments.as(REFUNDS, "v2", () -> ofRefunds, at(other));
        scopes = new Scopes(payments);
        Listener inbound = mesh.track(
                InboundListener.open(scopes, SmallMesh.loopback(), mesh.loops).toCompletableFuture().join());
        for (String service : List.of("payments", "refunds")) {
            mesh.publish(SmallMesh.service(service, Protocol.HTTP1), SmallMesh.endpoint(
                    "payments-v1", inbound.address(), service.equals("refunds") ? "v2" : "v1", service, mesh.id("payments")));
        }
        Listener outbound = mesh.outbound(mesh.client("web"));
        http = mesh.track(HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
                .proxy(ProxySelector.of(outbound.address())).build());
    }

    private static Application at(TestApp app) {
        return new Application.Process(InetAddress.getLoopbackAddress(),
                Map.of(80, new AppPort(80, app.port(), Protocol.HTTP1)));
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private HttpResponse<String> get(String host) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create("http://" + host + "/")).build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void it_is_called_as_either_with_the_ports_of_that_one() throws Exception {
        scopes.replace(List.of(payments, refunds));

        assertThat(get("payments.shop").body()).isEqualTo("paid");
        assertThat(get("refunds.shop").body()).isEqualTo("refunded");

        FlowRecord call = mesh.awaitFlow(f -> f.direction() == Direction.INBOUND && REFUNDS.equals(f.destination()));
        assertThat(call.version()).isEqualTo("v2");
    }

    @Test
    void policies_are_those_of_the_service_that_was_called() throws Exception {
        scopes.replace(List.of(payments, refunds));
        ofRefunds = CompiledAccess.compile(Access.newBuilder()
                .addDenies(AccessRule.newBuilder().setPolicy("nobody")).build());

        assertThat(get("payments.shop").statusCode()).isEqualTo(200);
        HttpResponse<String> denied = get("refunds.shop");

        assertThat(denied.statusCode()).isEqualTo(403);
        assertThat(other.requests).hasValue(0);
        mesh.awaitFlow(f -> f.direction() == Direction.INBOUND && f.failure() == FailureCause.DENIED
                && REFUNDS.equals(f.destination()));
    }

    @Test
    void a_service_that_it_is_no_longer_behind_is_refused_while_others_go_on() throws Exception {
        assertThat(get("refunds.shop").statusCode()).as("not yet").isEqualTo(503);
        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_SNI);

        scopes.replace(List.of(payments, refunds));

        assertThat(get("payments.shop").statusCode()).isEqualTo(200);
    }
}
