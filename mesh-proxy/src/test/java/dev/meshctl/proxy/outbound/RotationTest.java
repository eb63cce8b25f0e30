package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.GrpcLines;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.SmallMesh.RenewableSvid;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Both sides renew their SVIDs while connections are open. The new ones have other service accounts, so that it can be
 * seen which one a connection was made with.
 */
@Timeout(180)
class RotationTest {
    private final SmallMesh mesh = new SmallMesh(1);
    private final RenewableSvid web = new RenewableSvid(mesh.svid("web"));

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private Hosted publish(int appPort, Protocol protocol) {
        Hosted orders = mesh.workload("orders", "v1", appPort, protocol);
        mesh.publish(SmallMesh.service("orders", protocol), SmallMesh.endpoint(orders));
        return orders;
    }

    private void renewBoth(Hosted orders, Protocol protocol) {
        web.renew(mesh.authority.issue(mesh.id("web-renewed"), Duration.ofHours(1)));
        orders.svid().renew(mesh.authority.issue(mesh.id("orders-renewed"), Duration.ofHours(1)));
        mesh.publish(SmallMesh.service("orders", protocol),
                SmallMesh.endpoint(orders).addIdentities(mesh.id("orders-renewed").toString()));
    }

    private FlowRecord inbound(String source) throws InterruptedException {
        return mesh.awaitFlow(f -> f.direction() == Direction.INBOUND && mesh.id(source).equals(f.source()));
    }

    private RawApp lines() throws Exception {
        return mesh.track(RawApp.plain(connection -> {
            while (true) {
                connection.write("echo " + connection.read(4));
            }
        }));
    }

    @Test
    void an_opaque_connection_goes_on_and_the_next_one_is_made_with_the_new_svids() throws Exception {
        Hosted orders = publish(lines().port(), Protocol.TCP);
        Listener upstream = mesh.upstream(mesh.client("web", web), "orders");
        try (RawHttp open = new RawHttp(upstream.address())) {
            assertThat(open.send("one\n").readUntil("\n")).isEqualTo("echo one\n");

            renewBoth(orders, Protocol.TCP);

            assertThat(open.send("two\n").readUntil("\n")).isEqualTo("echo two\n");
            try (RawHttp next = new RawHttp(upstream.address())) {
                assertThat(next.send("new\n").readUntil("\n")).isEqualTo("echo new\n");
            }
            FlowRecord made = inbound("web-renewed");
            assertThat(made.failure()).isNull();
            assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).peer())
                    .isEqualTo(mesh.id("orders-renewed"));
            assertThat(open.send("end\n").readUntil("\n")).isEqualTo("echo end\n");
        }
        assertThat(inbound("web").failure()).isNull();
    }

    @Test
    void a_keep_alive_connection_goes_on_between_requests_and_within_one() throws Exception {
        RawApp app = mesh.track(RawApp.plain(connection -> {
            while (true) {
                connection.readHead();
                connection.answer(200, connection.read(4));
            }
        }));
        Hosted orders = publish(app.port(), Protocol.HTTP1);
        String head = "POST / HTTP/1.1\r\nhost: orders\r\ncontent-length: 4\r\n\r\n";
        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web", web)).address())) {
            assertThat(client.send(head + "one\n").readUntil("one\n")).startsWith("HTTP/1.1 200");
            client.send(head + "tw");
            Await.until("the second request is there", () -> app.requests.get() == 2);

            renewBoth(orders, Protocol.HTTP1);

            assertThat(client.send("o\n").readUntil("two\n")).startsWith("HTTP/1.1 200");
            assertThat(client.send(head + "end\n").readUntil("end\n")).startsWith("HTTP/1.1 200");
            assertThat(app.connections).as("connections to the application").hasValue(1);

            // an endpoint that may only have the new identity makes the proxy connect anew
            mesh.publish(SmallMesh.service("orders", Protocol.HTTP1), SmallMesh.endpoint(orders)
                    .clearIdentities().addIdentities(mesh.id("orders-renewed").toString()));
            assertThat(client.send(head + "new\n").readUntil("new\n")).startsWith("HTTP/1.1 200");
        }
        assertThat(inbound("web-renewed").status()).isEqualTo(200);
        assertThat(mesh.flows).allSatisfy(f -> assertThat(f.failure()).isNull());
    }

    @Test
    void an_http_2_stream_in_flight_goes_on() throws Exception {
        GrpcLines.Server server = mesh.track(GrpcLines.serve());
        Hosted orders = publish(server.port(), Protocol.HTTP2);
        Listener upstream = mesh.upstream(mesh.client("web", web), "orders");
        try (GrpcLines.Client client = GrpcLines.connect(upstream.address())) {
            GrpcLines.Talk talk = client.talk();
            assertThat(talk.say("one")).isEqualTo("echo one");

            renewBoth(orders, Protocol.HTTP2);
            mesh.publish(SmallMesh.service("orders", Protocol.HTTP2), SmallMesh.endpoint(orders)
                    .clearIdentities().addIdentities(mesh.id("orders-renewed").toString()));

            assertThat(talk.say("two")).isEqualTo("echo two");
            assertThat(client.talk().say("new")).isEqualTo("echo new");
            assertThat(talk.say("three")).isEqualTo("echo three");
            assertThat(talk.end()).isTrue();
        }
        FlowRecord old = inbound("web");
        assertThat(old.protocol()).isEqualTo(FlowProtocol.GRPC);
        assertThat(old.failure()).isNull();
        inbound("web-renewed");
    }
}
