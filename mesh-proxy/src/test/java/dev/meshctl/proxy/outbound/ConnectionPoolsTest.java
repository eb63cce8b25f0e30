package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.CircuitBreaker;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.TrafficPolicy;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Limits;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.H2App;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many connections are made, when they are used again, and when they are let go. */
@Timeout(180)
class ConnectionPoolsTest {
    private static final String GET = "GET / HTTP/1.1\r\nhost: orders\r\nconnection: close\r\n\r\n";

    private SmallMesh mesh = new SmallMesh(1);

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** A call that runs in the background; the whole answer. */
    private static CompletableFuture<String> call(Listener outbound) {
        CompletableFuture<String> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (RawHttp client = new RawHttp(outbound.address())) {
                answer.complete(client.send(GET).readAll());
            } catch (Exception e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }

    private static List<CompletableFuture<String>> calls(Listener outbound, int count) {
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            answers.add(call(outbound));
        }
        return answers;
    }

    private void publish(Service.Builder service, int appPort, Protocol protocol) {
        Hosted hosted = mesh.workload("orders", "v1", appPort, protocol);
        mesh.publish(service, SmallMesh.endpoint(hosted));
    }

    private static Service.Builder bounded(int connections, int pending) {
        return SmallMesh.service("orders", Protocol.HTTP1).setPolicy(TrafficPolicy.newBuilder().setCircuitBreaker(
                CircuitBreaker.newBuilder().setMaxConnections(connections).setMaxPendingRequests(pending)));
    }

    /** Answers one request for each permit, and keeps the connection. */
    private RawApp patient(Semaphore permits) throws Exception {
        return mesh.track(RawApp.plain(connection -> {
            while (true) {
                connection.readHead();
                permits.acquire();
                connection.answer(200, "done");
            }
        }));
    }

    @Test
    void what_finds_no_connection_waits_and_what_finds_no_place_to_wait_is_refused() throws Exception {
        Semaphore permits = new Semaphore(0);
        RawApp app = patient(permits);
        publish(bounded(1, 1), app.port(), Protocol.HTTP1);
        Listener outbound = mesh.outbound(mesh.client("web"));
        CompletableFuture<String> served = call(outbound);
        Await.until("the first call has the connection", () -> app.requests.get() == 1);

        List<CompletableFuture<String>> others = calls(outbound, 2);
        Await.until("one call is refused", () -> others.stream().anyMatch(CompletableFuture::isDone));
        permits.release(2);

        assertThat(served.join()).startsWith("HTTP/1.1 200").endsWith("done");
        List<String> answers = others.stream().map(CompletableFuture::join).sorted().toList();
        assertThat(answers.getFirst()).startsWith("HTTP/1.1 200").endsWith("done");
        assertThat(answers.getLast()).startsWith("HTTP/1.1 503").contains("x-meshctl-error: overloaded")
                .contains("1 requests wait already");
        assertThat(app.connections).as("connections to the application").hasValue(1);
    }

    @Test
    void no_more_connections_are_made_than_the_bound_however_many_calls_come() throws Exception {
        Semaphore permits = new Semaphore(0);
        RawApp app = patient(permits);
        publish(bounded(3, 100), app.port(), Protocol.HTTP1);
        List<CompletableFuture<String>> all = calls(mesh.outbound(mesh.client("web")), 20);

        Await.until("three calls are there", () -> app.requests.get() == 3);
        permits.release(20);

        assertThat(all).allSatisfy(one -> assertThat(one.join()).startsWith("HTTP/1.1 200"));
        assertThat(app.connections).hasValue(3);
    }

    @Test
    void a_caller_that_holds_all_connections_does_not_shut_out_another() throws Exception {
        Semaphore permits = new Semaphore(0);
        RawApp app = patient(permits);
        publish(bounded(1, 100), app.port(), Protocol.HTTP1);
        CompletableFuture<String> holding = call(mesh.outbound(mesh.client("web")));
        Await.until("the one connection is taken", () -> app.requests.get() == 1);

        CompletableFuture<String> other = call(mesh.outbound(mesh.client("other")));
        Await.until("the other caller got one", () -> app.requests.get() == 2);
        permits.release(2);

        assertThat(holding.join()).startsWith("HTTP/1.1 200");
        assertThat(other.join()).startsWith("HTTP/1.1 200");
    }

    /** Answers every request, and says which connections have served any, and when one was closed. */
    private RawApp keeping(Set<Integer> served, CountDownLatch closed) throws Exception {
        return mesh.track(RawApp.plain(connection -> {
            try {
                while (true) {
                    connection.readHead();
                    served.add(connection.number());
                    connection.answer(200, "done");
                }
            } finally {
                closed.countDown();
            }
        }));
    }

    @Test
    void a_connection_is_used_again() throws Exception {
        Set<Integer> served = ConcurrentHashMap.newKeySet();
        publish(SmallMesh.service("orders", Protocol.HTTP1), keeping(served, new CountDownLatch(1)).port(), Protocol.HTTP1);
        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web")).address())) {
            for (int i = 0; i < 5; i++) {
                client.send("GET / HTTP/1.1\r\nhost: orders\r\n\r\n").readUntil("done");
            }
        }
        assertThat(served).as("connections that served the five requests").containsExactly(1);
    }

    @Test
    void a_connection_is_closed_when_it_has_been_idle_and_the_next_request_gets_another() throws Exception {
        CountDownLatch closed = new CountDownLatch(1);
        Set<Integer> served = ConcurrentHashMap.newKeySet();
        mesh.limits = idleAfter(Duration.ofMillis(200));
        publish(SmallMesh.service("orders", Protocol.HTTP1), keeping(served, closed).port(), Protocol.HTTP1);
        Listener outbound = mesh.outbound(mesh.client("web"));
        assertThat(call(outbound).join()).startsWith("HTTP/1.1 200");

        closed.await();

        assertThat(call(outbound).join()).startsWith("HTTP/1.1 200");
        assertThat(served).containsExactlyInAnyOrder(1, 2);
    }

    @Test
    void a_connection_that_nobody_wants_any_more_once_it_is_made_does_not_stay_open() throws Exception {
        Limits limits = idleAfter(Duration.ofMillis(200));
        CountDownLatch clientIsGone = new CountDownLatch(1);
        RawApp app = mesh.track(RawApp.secured(mesh.svid("orders"), connection -> {
            clientIsGone.await();
            connection.readHead();
        }));
        mesh.publish(SmallMesh.service("orders", Protocol.HTTP1),
                SmallMesh.endpoint("slow", app.address(), "v1", "orders", mesh.id("orders")));
        Listener outbound = mesh.outbound(mesh.client("web").limitedBy(limits));
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send(GET);
            Await.until("the dial has begun", () -> app.connections.get() == 1);
        }
        mesh.awaitFlow(f -> f.failure() == FailureCause.CLIENT_CLOSED);
        clientIsGone.countDown();

        Await.until("the connection is closed", () -> app.open() == 0);
        assertThat(app.requests).hasValue(0);
    }

    private static Limits idleAfter(Duration idle) {
        Limits d = SmallMesh.PATIENT;
        return new Limits(d.maxHeaderBytes(), d.maxConcurrentStreams(), d.streamWindowBytes(), d.retryBufferBytes(),
                d.lowWaterBytes(), d.highWaterBytes(), d.maxConnections(), d.maxAppConnections(), d.detectTimeout(),
                d.handshakeTimeout(), d.headerTimeout(), d.keepAliveTimeout(), idle, d.streamIdleTimeout(),
                d.appConnectTimeout());
    }

    @Test
    void a_server_of_few_streams_gets_more_connections_and_refuses_nothing() throws Exception {
        H2App app = mesh.track(new H2App(2));
        publish(SmallMesh.service("orders", Protocol.HTTP1), app.port(), Protocol.HTTP2);
        List<CompletableFuture<String>> all = calls(mesh.outbound(mesh.client("web")), 10);

        Await.until("all ten are there at once", () -> app.waiting() == 10);

        assertThat(app.accepted.get()).isGreaterThanOrEqualTo(5);
        assertThat(app.requests).as("none was refused and sent again").hasValue(10);
        for (int i = 0; i < 10; i++) {
            app.answerOne("done");
        }
        assertThat(all).allSatisfy(one -> assertThat(one.join()).startsWith("HTTP/1.1 200").contains("done"));
    }

    @Test
    void a_server_that_goes_away_finishes_what_it_has_and_gets_nothing_new() throws Exception {
        H2App app = mesh.track(new H2App(100));
        publish(SmallMesh.service("orders", Protocol.HTTP1), app.port(), Protocol.HTTP2);
        Listener outbound = mesh.outbound(mesh.client("web"));
        CompletableFuture<String> before = call(outbound);
        Await.until("the first stream is open", () -> app.waiting() == 1);

        app.goAway();
        CompletableFuture<String> after = call(outbound);
        Await.until("the second call is there", () -> app.waiting() == 2);

        assertThat(app.accepted).as("connections").hasValue(2);
        app.answerOne("old");
        app.answerOne("new");
        assertThat(before.join()).startsWith("HTTP/1.1 200").contains("old");
        assertThat(after.join()).startsWith("HTTP/1.1 200").contains("new");
        Await.until("the connection that was told to go is closed", () -> app.open() == 1);
    }

    @Test
    void calls_that_cross_a_goaway_are_made_again_elsewhere() throws Exception {
        H2App app = mesh.track(new H2App(100));
        publish(SmallMesh.service("orders", Protocol.HTTP1), app.port(), Protocol.HTTP2);
        Listener outbound = mesh.outbound(mesh.client("web"));
        for (int round = 1; round <= 20; round++) {
            List<CompletableFuture<String>> crossing = calls(outbound, 5);
            app.goAway();
            Await.until("all five are answered", () -> {
                app.answerAll("done");
                return crossing.stream().allMatch(CompletableFuture::isDone);
            });
            assertThat(crossing).allSatisfy(one -> assertThat(one.join()).startsWith("HTTP/1.1 200"));
        }
    }
}
