package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Retry;
import dev.meshctl.api.proto.config.RetryBudget;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.TestApp;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is sent again, what is not, and for how long it is waited. */
@Timeout(180)
class RetriesTest {
    private static final String GET = "GET / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n";
    private static final String POST =
            "POST / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\ncontent-length: 5\r\n\r\norder";

    private final SmallMesh mesh = new SmallMesh();
    private Listener outbound;

    @BeforeEach
    void open() {
        outbound = mesh.outbound(mesh.client("web"));
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private String call(String request) throws Exception {
        try (RawHttp client = new RawHttp(outbound.address())) {
            return client.send(request).readAll();
        }
    }

    /** Asked before all others, because those are marked as stale. */
    private Endpoint.Builder first(InetSocketAddress address) {
        return SmallMesh.endpoint("first", address, "v1", "orders", mesh.id("orders"));
    }

    private Endpoint.Builder second(RawApp app) {
        return SmallMesh.endpoint("second", app.address(), "v1", "orders", mesh.id("orders")).setHealth(Health.STALE);
    }

    private RawApp endpoint(RawApp.Talk talk) throws Exception {
        return mesh.track(RawApp.secured(mesh.svid("orders"), talk));
    }

    /** Answers each request with "taken" and keeps their bodies, which have a length. */
    private RawApp taker(List<String> bodies) throws Exception {
        return endpoint(connection -> {
            String head = connection.readHead();
            int at = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
            bodies.add(at < 0 ? head.contains("chunked") ? connection.readChunked() : ""
                    : connection.read(Integer.parseInt(head.substring(at + 16, head.indexOf('\r', at)))));
            connection.answer(200, "taken");
        });
    }

    private static Service.Builder orders() {
        return SmallMesh.service("orders", Protocol.HTTP1);
    }

    private static Service.Builder orders(HttpRoute.Builder route) {
        return orders().addHttpRoutes(route.setId("shop/orders/0").addBackends(Backend.newBuilder().setWeight(1)));
    }

    private static HttpRoute.Builder retrying(int attempts, Integer... codes) {
        return HttpRoute.newBuilder().setRetry(Retry.newBuilder()
                .setAttempts(attempts).addAllStatusCodes(List.of(codes)).setBackoffMs(1));
    }

    @Test
    void a_post_goes_to_another_endpoint_when_the_first_takes_no_connection() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        mesh.publish(orders(), first(mesh.nobody()), second(taker(bodies)));

        assertThat(call(POST)).startsWith("HTTP/1.1 200").endsWith("taken");

        assertThat(bodies).containsExactly("order");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).retries()).isEqualTo(1);
    }

    @Test
    void a_get_whose_connection_is_reset_before_an_answer_is_sent_again() throws Exception {
        RawApp resetting = endpoint(connection -> {
            connection.readHead();
            connection.reset();
        });
        mesh.publish(orders(), first(resetting.address()), second(taker(new CopyOnWriteArrayList<>())));

        assertThat(call(GET)).startsWith("HTTP/1.1 200").endsWith("taken");

        assertThat(resetting.requests).hasValue(1);
    }

    @Test
    void a_post_whose_connection_is_reset_is_not_sent_again_as_it_may_have_taken_effect() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        RawApp resetting = endpoint(connection -> {
            connection.readHead();
            connection.read(5);
            connection.reset();
        });
        mesh.publish(orders(), first(resetting.address()), second(taker(bodies)));

        assertThat(call(POST)).startsWith("HTTP/1.1 502").contains("x-meshctl-error: upstream_reset");

        assertThat(bodies).isEmpty();
        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.UPSTREAM_RESET).retries()).isZero();
    }

    @Test
    void a_post_whose_connection_is_reset_is_sent_again_where_the_route_says_so() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        RawApp resetting = endpoint(connection -> {
            connection.readHead();
            connection.read(5);
            connection.reset();
        });
        mesh.publish(orders(retrying(1)), first(resetting.address()), second(taker(bodies)));

        assertThat(call(POST)).startsWith("HTTP/1.1 200").endsWith("taken");

        assertThat(bodies).containsExactly("order");
    }

    @Test
    void only_the_statuses_of_the_route_are_retried_and_only_so_often() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        TestApp app = mesh.track(new TestApp(exchange -> {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII));
            TestApp.reply(exchange, Integer.parseInt(exchange.getRequestURI().getPath().substring(1)), "no");
        }));
        Hosted orders = mesh.workload("orders", "v1", app.port(), Protocol.HTTP1);
        mesh.publish(orders(retrying(3, 500)), SmallMesh.endpoint(orders));

        assertThat(call(POST.replace("POST /", "POST /500"))).startsWith("HTTP/1.1 500");
        assertThat(bodies).containsExactly("order", "order", "order", "order");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.status() == 500).retries()).isEqualTo(3);

        bodies.clear();
        assertThat(call(POST.replace("POST /", "POST /503"))).startsWith("HTTP/1.1 503");
        assertThat(bodies).as("503 is not in the list").hasSize(1);
    }

    @Test
    void a_body_that_is_still_being_sent_is_replayed_from_its_start() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        RawApp resetting = endpoint(connection -> {
            connection.readHead();
            connection.read(6);
            connection.reset();
        });
        RawApp taking = taker(bodies);
        mesh.publish(orders(retrying(1)), first(resetting.address()), second(taking));
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("POST / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\ncontent-length: 12\r\n\r\nfirst,");
            Await.until("the second attempt is under way", () -> taking.requests.get() == 1);

            assertThat(client.send("second").readAll()).startsWith("HTTP/1.1 200");
        }
        assertThat(bodies).containsExactly("first,second");
    }

    @Test
    void a_body_larger_than_what_is_kept_is_never_sent_twice() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        int sent = Limits.DEFAULT.retryBufferBytes() + 50_000;
        RawApp resetting = endpoint(connection -> {
            connection.readHead();
            connection.read(sent);
            connection.reset();
        });
        RawApp taking = taker(bodies);
        mesh.publish(orders(retrying(3)), first(resetting.address()), second(taking));
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("POST / HTTP/1.1\r\nhost: orders\r\ncontent-length: 900000\r\n\r\n" + "x".repeat(sent));

            assertThat(client.readAll()).startsWith("HTTP/1.1 502").contains("x-meshctl-error: upstream_reset");
        }
        assertThat(taking.connections).hasValue(0);
    }

    @Test
    void a_failing_service_gets_no_more_retries_than_the_budget() throws Exception {
        TestApp failing = mesh.track(new TestApp(exchange -> TestApp.reply(exchange, 503, "no")));
        long begun = System.nanoTime();
        Hosted orders = mesh.workload("orders", "v1", failing.port(), Protocol.HTTP1);
        mesh.publish(orders(retrying(5, 503)).setPolicy(TrafficPolicy.newBuilder()
                .setRetryBudget(RetryBudget.newBuilder().setPercent(10).setMinPerSecond(1))), SmallMesh.endpoint(orders));

        for (int i = 0; i < 40; i++) {
            assertThat(call(GET)).startsWith("HTTP/1.1 503");
        }

        // 40 requests earn 4 retries, and each second one, that before the first one too; without a budget there would be 200
        assertThat(failing.requests.get() - 40L).isBetween(4L, Math.min(199, 4 + secondsSince(begun)));
    }

    @Test
    void an_overloaded_workload_is_not_asked_again_beyond_the_budget() throws Exception {
        RawApp overloaded = endpoint(connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 503 x\r\nx-meshctl-error: overloaded\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        });
        long begun = System.nanoTime();
        mesh.publish(orders().setPolicy(TrafficPolicy.newBuilder()
                .setRetryBudget(RetryBudget.newBuilder().setPercent(10).setMinPerSecond(1))), first(overloaded.address()));

        for (int i = 0; i < 20; i++) {
            assertThat(call(POST)).startsWith("HTTP/1.1 503").contains("x-meshctl-error: overloaded");
        }

        // 20 requests earn 2 retries, and each second one, that before the first one too; without a budget there would be 80
        assertThat(overloaded.requests.get() - 20L).isBetween(2L, Math.min(79, 2 + secondsSince(begun)));
    }

    /** Those that have begun, and the one before. */
    private static long secondsSince(long nanos) {
        return (System.nanoTime() - nanos) / 1_000_000_000 + 2;
    }

    @Test
    void an_attempt_that_takes_too_long_is_made_elsewhere() throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        RawApp silent = endpoint(connection -> {
            connection.readHead();
            connection.readHead(); // comes never
        });
        mesh.publish(orders(retrying(1).setBackendTimeoutMs(6000)), // the second attempt has no longer, with its handshake
                first(silent.address()), second(taker(bodies)));

        assertThat(call(POST)).startsWith("HTTP/1.1 200").endsWith("taken");

        assertThat(silent.connections).hasValue(1);
        assertThat(bodies).containsExactly("order");
    }

    @Test
    void when_no_attempt_answers_in_time_the_cause_is_the_backend_timeout() throws Exception {
        RawApp silent = endpoint(connection -> {
            connection.readHead();
            connection.readHead(); // comes never
        });
        mesh.publish(orders(retrying(2).setBackendTimeoutMs(50)), first(silent.address()));

        assertThat(call(POST)).startsWith("HTTP/1.1 504").contains("x-meshctl-error: request_timeout")
                .contains("did not answer within 50 ms");

        var flow = mesh.awaitFlow(f -> f.failure() == FailureCause.REQUEST_TIMEOUT);
        assertThat(flow.status()).isEqualTo(504);
        assertThat(flow.retries()).isEqualTo(2);
    }

    @Test
    void the_request_timeout_ends_all_attempts_together() throws Exception {
        RawApp silent = endpoint(connection -> {
            connection.readHead();
            connection.readHead(); // comes never
        });
        mesh.publish(orders(retrying(10).setBackendTimeoutMs(400).setRequestTimeoutMs(600)), first(silent.address()));

        assertThat(call(POST)).startsWith("HTTP/1.1 504").contains("x-meshctl-error: request_timeout")
                .contains("not done within 600 ms");

        assertThat(silent.requests.get()).isLessThan(10);
    }

    @Test
    void an_answer_that_is_not_complete_in_time_is_cut_so_that_nobody_takes_it_for_whole() throws Exception {
        RawApp endless = endpoint(connection -> {
            connection.readHead();
            connection.write("HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n");
            connection.readHead(); // comes never
        });
        mesh.publish(orders(HttpRoute.newBuilder().setRequestTimeoutMs(4000)), first(endless.address())); // its handshake included

        assertThat(call(GET)).startsWith("HTTP/1.1 200").endsWith("5\r\nbegin\r\n");

        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.REQUEST_TIMEOUT).retries()).isZero();
    }
}
