package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.authorize.CompiledAccess;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.TestApp;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class HttpCallsTest {
    private SmallMesh mesh = new SmallMesh();
    private Listener outbound;
    private HttpClient http;

    @BeforeEach
    void open() {
        outbound = mesh.outbound(mesh.client("web"));
        http = mesh.track(HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .proxy(ProxySelector.of(outbound.address()))
                .build());
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private HttpResponse<String> get(String url) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private Hosted serve(String name, String version, TestApp app) {
        return mesh.workload(name, version, mesh.track(app).port(), Protocol.HTTP1);
    }

    @Test
    void a_call_by_service_name_reaches_the_application_over_mtls_with_the_callers_identity() throws Exception {
        TestApp app = TestApp.saying("paid");
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));

        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(URI.create("http://payments.shop/pay?x=1"))
                        .header("x-forwarded-client-cert", "URI=spiffe://forged/ns/a/sa/b").build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("paid");
        assertThat(response.headers().firstValue("x-meshctl-served-by")).contains("west/v1");
        assertThat(app.headers).containsEntry("x-forwarded-client-cert", "URI=" + mesh.id("web"))
                .containsEntry("host", "payments.shop").containsKey("traceparent").doesNotContainKey("proxy-connection");
        FlowRecord out = mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND);
        FlowRecord in = mesh.awaitFlow(f -> f.direction() == Direction.INBOUND);
        assertThat(out.mtls()).isTrue();
        assertThat(out.peer()).isEqualTo(mesh.id("payments"));
        assertThat(out.status()).isEqualTo(200);
        assertThat(in.source()).isEqualTo(mesh.id("web"));
        assertThat(in.traceId()).isEqualTo(out.traceId()).hasSize(32);
    }

    /** Servers that join trailers to the headers, or read "_" and "-" as the same, would believe them. */
    @Test
    void a_caller_can_name_itself_neither_in_a_trailer_nor_in_another_spelling() throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        RawApp app = mesh.track(RawApp.plain(connection -> {
            seen.add(connection.readHead());
            seen.add(connection.readHead()); // the body and its trailers
            connection.answer(200, "ok");
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1),
                SmallMesh.endpoint(mesh.workload("payments", "v1", app.port(), Protocol.HTTP1)));
        RawHttp client = mesh.track(new RawHttp(outbound.address()));

        client.send("POST / HTTP/1.1\r\nhost: payments\r\nx_forwarded-client_cert: forged\r\n"
                + "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-checksum: 7\r\n"
                + "X-Forwarded-Client-Cert: forged\r\nHost: forged\r\n\r\n").readUntil("ok");

        assertThat(seen).hasSize(2);
        assertThat(seen.poll()).contains("x-forwarded-client-cert: URI=" + mesh.id("web")).doesNotContain("forged");
        assertThat(seen.poll()).contains("x-checksum: 7").doesNotContain("forged");
    }

    @Test
    void bodies_of_any_size_come_back_whole_on_one_connection() throws Exception {
        Hosted echo = serve("echo", "v1", TestApp.echoing());
        mesh.publish(SmallMesh.service("echo", Protocol.HTTP1), SmallMesh.endpoint(echo));

        for (int size : new int[] {0, 1, 70_000, 5_000_000}) {
            String body = "x".repeat(size);
            HttpResponse<String> response = http.send(HttpRequest.newBuilder(URI.create("http://echo/"))
                    .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(body);
        }
    }

    @Test
    void an_unknown_service_is_answered_with_the_cause_and_the_nearest_name() throws Exception {
        HttpResponse<String> response = get("http://ordres.shop/");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("x-meshctl-error")).contains("no_such_service");
        assertThat(response.body()).contains("ordres.shop").contains("did you mean orders.shop?");
        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.NO_SUCH_SERVICE).failed()).isTrue();
    }

    @Test
    void a_denied_caller_learns_the_policy_and_its_own_identity() throws Exception {
        TestApp app = TestApp.saying("secret");
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        mesh.access.put("payments", CompiledAccess.compile(Access.newBuilder()
                .addDenies(AccessRule.newBuilder().setPolicy("shop/no-web").addPaths("/admin*")
                        .addIdentities(mesh.id("web").toString())).build()));

        HttpResponse<String> denied = get("http://payments/x/..//%61dmin/keys");
        HttpResponse<String> allowed = get("http://payments/open");

        assertThat(denied.statusCode()).isEqualTo(403);
        assertThat(denied.headers().firstValue("x-meshctl-error")).contains("denied");
        assertThat(denied.body()).contains("shop/no-web").contains(mesh.id("web").toString());
        assertThat(allowed.statusCode()).isEqualTo(200);
        assertThat(app.requests).hasValue(1);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.INBOUND && f.denied()).policy())
                .isEqualTo("shop/no-web");
    }

    @Test
    void no_request_fails_while_one_of_three_endpoints_is_dead() throws Exception {
        Hosted one = serve("catalog", "v1", TestApp.saying("1"));
        Hosted two = serve("catalog", "v1", TestApp.saying("2"));
        Hosted dead = serve("catalog", "v1", TestApp.saying("3"));
        mesh.publish(SmallMesh.service("catalog", Protocol.HTTP1), SmallMesh.endpoint(one).setId("a"),
                SmallMesh.endpoint(two).setId("b"), SmallMesh.endpoint(dead).setId("c"));

        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            if (i == 100) {
                dead.inbound().close();
            }
            CompletableFuture<HttpResponse<String>> answer = http.sendAsync(
                    HttpRequest.newBuilder(URI.create("http://catalog/" + i)).build(),
                    HttpResponse.BodyHandlers.ofString());
            answers.add(answer);
            if (i % 10 == 0) {
                answer.join();
            }
        }

        assertThat(answers).allSatisfy(a -> assertThat(a.join().statusCode()).isEqualTo(200));
    }

    @Test
    void weights_split_the_requests_between_versions() throws Exception {
        Hosted one = serve("payments", "v1", TestApp.saying("v1"));
        Hosted two = serve("payments", "v2", TestApp.saying("v2"));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1).addHttpRoutes(HttpRoute.newBuilder()
                        .setId("shop/payments/0")
                        .addBackends(Backend.newBuilder().setVersion("v1").setWeight(80))
                        .addBackends(Backend.newBuilder().setVersion("v2").setWeight(20))),
                SmallMesh.endpoint(one), SmallMesh.endpoint(two));

        int second = 0;
        for (int i = 0; i < 400; i++) {
            second += get("http://payments/").body().equals("v2") ? 1 : 0;
        }

        assertThat(second).isBetween(40, 130);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.INBOUND && f.version().equals("v2")).route()).isEmpty();
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).route()).isEqualTo("shop/payments/0");
    }

    @Test
    void a_server_with_another_identity_gets_no_request() throws Exception {
        TestApp app = TestApp.saying("impostor");
        Hosted impostor = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(impostor)
                .clearIdentities().addIdentities(mesh.id("somebody-else").toString()));

        HttpResponse<String> response = get("http://payments/");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("x-meshctl-error")).contains("identity_mismatch");
        assertThat(app.requests).hasValue(0);
    }

    @Test
    void a_renewed_svid_is_used_by_new_connections_while_a_running_answer_goes_on() throws Exception {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        TestApp app = new TestApp(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("first,".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            exchange.getResponseBody().flush();
            goOn.join();
            exchange.getResponseBody().write("last".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        });
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        CompletableFuture<HttpResponse<String>> running = http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://payments/")).build(), HttpResponse.BodyHandlers.ofString());
        Await.until("the request is there", () -> app.requests.get() == 1);

        payments.svid().renew(mesh.authority.issue(mesh.id("payments-2"), Duration.ofHours(1)));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments)
                .clearIdentities().addIdentities(mesh.id("payments-2").toString()));
        goOn.complete(null);

        assertThat(running.join().body()).isEqualTo("first,last");
        assertThat(get("http://payments/").statusCode()).isEqualTo(200);
        assertThat(mesh.awaitFlow(f -> mesh.id("payments-2").equals(f.peer())).status()).isEqualTo(200);
    }

    @Test
    void a_reader_that_stops_reading_stops_the_application_too() throws Exception {
        java.util.concurrent.atomic.AtomicLong written = new java.util.concurrent.atomic.AtomicLong();
        TestApp app = new TestApp(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] chunk = new byte[64 * 1024];
            for (int i = 0; i < 4000; i++) {
                exchange.getResponseBody().write(chunk);
                written.addAndGet(chunk.length);
            }
        });
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));

        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("GET / HTTP/1.1\r\nhost: payments\r\n\r\n").readUntil("\r\n\r\n");
            long[] before = {-1};
            Await.until("the application cannot write any more", () -> {
                long now = written.get();
                boolean same = now == before[0];
                before[0] = now;
                java.util.concurrent.locks.LockSupport.parkNanos(200_000_000);
                return same && now > 0;
            });
            assertThat(written.get()).as("bytes that kernel and proxies hold").isLessThan(64_000_000L);
        }
    }

    @Test
    void requests_that_could_be_read_in_two_ways_are_refused() throws Exception {
        TestApp app = TestApp.saying("x");
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        for (String headers : List.of(
                "content-length: 3\r\ntransfer-encoding: chunked\r\n",
                "content-length: 3\r\ncontent-length: 4\r\n",
                "transfer-encoding: gzip, chunked\r\n",
                "transfer-encoding : chunked\r\n",
                "host: other\r\n")) {
            try (RawHttp client = new RawHttp(outbound.address())) {
                String answer = client.send("POST / HTTP/1.1\r\nhost: payments\r\n" + headers + "\r\n0\r\n\r\n").readAll();
                assertThat(answer).as(headers).startsWith("HTTP/1.1 400").contains("x-meshctl-error: bad_request");
            }
        }
        assertThat(app.requests).hasValue(0);
    }

    @Test
    void a_version_of_http_that_is_not_spoken_is_refused_as_such() throws Exception {
        TestApp app = TestApp.saying("x");
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));

        try (RawHttp client = new RawHttp(outbound.address())) {
            String answer = client.send("GET / HTTP/1.2\r\nhost: payments\r\n\r\n").readAll();
            assertThat(answer).startsWith("HTTP/1.1 505").contains("x-meshctl-error: http_version", "expected HTTP/1.1 or HTTP/1.0");
        }
        assertThat(app.requests).hasValue(0);
    }

    @Test
    void what_is_said_of_a_malformed_request_is_in_words_of_our_own() throws Exception {
        try (RawHttp client = new RawHttp(outbound.address())) {
            assertThat(client.send("GET / HTTP/1.1\r\nhost: payments\r\nb@d name: x\r\n\r\n").readAll())
                    .startsWith("HTTP/1.1 400").contains("the request line or a header is malformed");
        }
        try (RawHttp client = new RawHttp(outbound.address())) {
            assertThat(client.send("POST / HTTP/1.1\r\nhost: payments\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n")
                    .readAll()).startsWith("HTTP/1.1 400").contains("both content-length and transfer-encoding");
        }
    }

    @Test
    void too_large_headers_are_refused() throws Exception {
        try (RawHttp client = new RawHttp(outbound.address())) {
            String answer = client.send("GET / HTTP/1.1\r\nhost: payments\r\nx: " + "y".repeat(20_000) + "\r\n\r\n").readAll();
            assertThat(answer).startsWith("HTTP/1.1 431").contains("x-meshctl-error: headers_too_large");
        }
    }

    @Test
    void a_client_that_sends_its_headers_too_slowly_is_let_go() throws Exception {
        Listener impatient = mesh.outbound(mesh.client("web").limitedBy(SmallMesh.PATIENT.withClientTimeouts(
                Duration.ofSeconds(30), Duration.ofMillis(100), Duration.ofSeconds(60))));
        try (RawHttp client = new RawHttp(impatient.address())) {
            assertThat(client.send("GET / HTTP/1.1\r\nhost: pay").readAll())
                    .startsWith("HTTP/1.1 408").contains("x-meshctl-error: idle_timeout");
        }
    }

    @Test
    void silence_and_garbage_are_closed_and_counted() throws Exception {
        Listener impatient = mesh.outbound(mesh.client("web").limitedBy(SmallMesh.PATIENT.withClientTimeouts(
                Duration.ofMillis(50), Duration.ofSeconds(30), Duration.ofSeconds(30))));
        Listener patient = mesh.outbound(mesh.client("web"));
        try (RawHttp silent = new RawHttp(impatient.address()); RawHttp garbage = new RawHttp(patient.address())) {
            garbage.send("\u0000\u0001\u0002 nonsense");
            assertThat(silent.readAll()).isEmpty();
            assertThat(garbage.readAll()).isEmpty();
        }
        mesh.awaitFlow(f -> f.failure() == FailureCause.DETECT_TIMEOUT);
        mesh.awaitFlow(f -> f.failure() == FailureCause.UNKNOWN_PROTOCOL);
    }

    @Test
    void an_application_that_does_not_answer_in_time_is_a_504() throws Exception {
        CompletableFuture<Void> never = new CompletableFuture<>();
        Hosted slow = serve("slow", "v1", new TestApp(exchange -> never.join()));
        mesh.publish(SmallMesh.service("slow", Protocol.HTTP1).addHttpRoutes(HttpRoute.newBuilder().setId("r")
                .setRequestTimeoutMs(150).addBackends(Backend.newBuilder().setWeight(1))), SmallMesh.endpoint(slow));

        HttpResponse<String> response = get("http://slow/");

        never.complete(null);
        assertThat(response.statusCode()).isEqualTo(504);
        assertThat(response.headers().firstValue("x-meshctl-error")).contains("request_timeout");
    }

    @Test
    void a_probe_that_gives_up_says_how_long_it_waited() throws Exception {
        CompletableFuture<Void> never = new CompletableFuture<>();
        Hosted slow = serve("slow", "v1", new TestApp(exchange -> never.join()));
        mesh.publish(SmallMesh.service("slow", Protocol.HTTP1), SmallMesh.endpoint(slow));
        ProbeCall probe = mesh.track(ProbeCall.open(mesh.client("probe"), mesh.loops).toCompletableFuture().join());

        ProbeCall.Result result = probe.get("http://slow.shop/", Duration.ofMillis(200)).toCompletableFuture().join();

        never.complete(null);
        assertThat(result.error()).isEqualTo("request_timeout: no answer within 200 ms");
    }

    @Test
    void an_application_that_is_down_is_named_as_the_cause() throws Exception {
        Hosted payments = mesh.workload("payments", "v1", mesh.nobody().getPort(), Protocol.HTTP1);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));

        HttpResponse<String> response = get("http://payments/");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("x-meshctl-error")).contains("app_connect_failed");
    }

    @Test
    void a_gateway_that_reaches_nobody_is_named_as_the_cause() throws Exception {
        // A gateway that cannot relay answers the ClientHello with the alert internal_error.
        RawApp gateway = mesh.track(RawApp.plain(connection -> {
            connection.read(5);
            connection.write("\u0015\u0003\u0003\u0000\u0002\u0002\u0050");
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(
                "via-gateway", gateway.address(), "v1", "payments", mesh.id("payments")));

        HttpResponse<String> response = get("http://payments/");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.headers().firstValue("x-meshctl-error")).as(response.body()).contains("connect_failed");
        assertThat(response.body()).contains("the gateway reached neither a ready workload").doesNotContain("OPENSSL");
    }

    @Test
    void a_post_is_not_sent_twice_unless_a_retry_is_configured() throws Exception {
        TestApp failing = new TestApp(exchange -> TestApp.reply(exchange, 503, "no"));
        Hosted payments = serve("payments", "v1", failing);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));

        HttpRequest post = HttpRequest.newBuilder(URI.create("http://payments/")).POST(
                HttpRequest.BodyPublishers.ofString("order")).build();
        assertThat(http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(503);
        assertThat(failing.requests).hasValue(1);

        assertThat(get("http://payments/").body()).isEqualTo("no");
        assertThat(failing.requests).as("a GET is tried two more times").hasValue(4);
    }

    @Test
    void hosts_outside_the_mesh_are_passed_through_in_plain_and_never_claimed_as_mtls() throws Exception {
        TestApp outside = mesh.track(TestApp.saying("outside"));

        HttpResponse<String> response = get("http://127.0.0.1:" + outside.port() + "/");

        assertThat(response.body()).isEqualTo("outside");
        assertThat(mesh.awaitFlow(f -> f.status() == 200).mtls()).isFalse();
        assertThat(outside.headers).doesNotContainKey("x-forwarded-client-cert");
    }

    @Test
    void a_request_to_the_proxy_itself_is_refused_as_a_loop() throws Exception {
        HttpResponse<String> response = get("http://127.0.0.1:" + outbound.address().getPort() + "/");

        assertThat(response.statusCode()).isEqualTo(508);
        assertThat(response.headers().firstValue("x-meshctl-error")).contains("loop_refused");
    }

    @Test
    void head_and_empty_answers_and_pipelined_requests_keep_the_connection_in_step() throws Exception {
        Hosted payments = serve("payments", "v1", new TestApp(e -> TestApp.reply(
                e, e.getRequestURI().getPath().equals("/none") ? 204 : 200,
                e.getRequestURI().getPath().equals("/none") ? "" : "body")));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        try (RawHttp client = new RawHttp(outbound.address())) {
            client.send("HEAD / HTTP/1.1\r\nhost: payments\r\n\r\nGET /none HTTP/1.1\r\nhost: payments\r\n\r\n"
                    + "GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n");
            String all = client.readAll();
            assertThat(all.split("HTTP/1.1 ", -1)).hasSize(4);
            assertThat(all).contains("HTTP/1.1 204").endsWith("\r\n\r\nbody");
        }
    }

    @Test
    void an_http_1_0_client_gets_a_body_that_ends_with_the_connection() throws Exception {
        Hosted payments = serve("payments", "v1", new TestApp(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("chunked".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }));
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        try (RawHttp client = new RawHttp(outbound.address())) {
            assertThat(client.send("GET http://payments/ HTTP/1.0\r\n\r\n").readAll()).endsWith("\r\n\r\nchunked");
        }
    }

    @Test
    void an_answer_whose_lines_end_in_a_line_feed_alone_is_passed_on_with_proper_ones() throws Exception {
        RawApp script = mesh.track(RawApp.plain(connection -> {
            connection.read(5);
            connection.write("HTTP/1.1 200 OK\nContent-Type: text/plain\nContent-Length: 5\n\nhello");
        }));
        Hosted payments = mesh.workload("payments", "v1", script.address().getPort(), Protocol.HTTP1);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        try (RawHttp client = new RawHttp(outbound.address())) {
            String all = client.send("GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n").readAll();
            assertThat(all).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nhello");
            assertThat(all.replace("\r\n", "")).doesNotContain("\n");
        }
    }

    @Test
    void expect_continue_is_answered_by_the_application() throws Exception {
        Hosted echo = serve("echo", "v1", TestApp.echoing());
        mesh.publish(SmallMesh.service("echo", Protocol.HTTP1), SmallMesh.endpoint(echo));

        HttpResponse<String> response = http.send(HttpRequest.newBuilder(URI.create("http://echo/")).expectContinue(true)
                .POST(HttpRequest.BodyPublishers.ofString("go on")).build(), HttpResponse.BodyHandlers.ofString());

        assertThat(response.body()).isEqualTo("go on");
    }

    @Test
    void a_drained_listener_finishes_its_requests_and_then_closes() throws Exception {
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        TestApp app = new TestApp(exchange -> {
            goOn.join();
            TestApp.reply(exchange, 200, "done");
        });
        Hosted payments = serve("payments", "v1", app);
        mesh.publish(SmallMesh.service("payments", Protocol.HTTP1), SmallMesh.endpoint(payments));
        CompletableFuture<HttpResponse<String>> running = http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://payments/")).build(), HttpResponse.BodyHandlers.ofString());
        Await.until("the request is there", () -> app.requests.get() == 1);

        CompletableFuture<Integer> drained = payments.inbound().drain(Duration.ofSeconds(60)).toCompletableFuture();
        goOn.complete(null);

        assertThat(running.join().body()).isEqualTo("done");
        assertThat(drained.join()).as("connections cut").isZero();
    }

    @Test
    void a_probe_call_tells_who_answered() throws Exception {
        Hosted probe = mesh.workload("probe", "v1", new dev.meshctl.proxy.flow.Application.Responder(() -> "{\"cluster\":\"west\"}"));
        mesh.publish(SmallMesh.service("probe", Protocol.HTTP1), SmallMesh.endpoint(probe));
        try (ProbeCall calls = ProbeCall.open(mesh.client("web"), mesh.loops).toCompletableFuture().join()) {
            ProbeCall.Result ok = calls.get("http://probe.shop/", Duration.ofSeconds(60)).toCompletableFuture().join();
            ProbeCall.Result none = calls.get("http://nobody.shop/", Duration.ofSeconds(60)).toCompletableFuture().join();

            assertThat(ok.status()).isEqualTo(200);
            assertThat(ok.error()).isEmpty();
            assertThat(ok.peer()).isEqualTo(mesh.id("probe"));
            assertThat(ok.endpoint()).isEqualTo("probe-v1");
            assertThat(ok.servedByCluster()).isEqualTo("west");
            assertThat(none.status()).isEqualTo(503);
            assertThat(none.error()).startsWith("no_such_service");
        }
    }
}
