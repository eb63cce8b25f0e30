package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.proxy.flow.Application;
import dev.meshctl.proxy.flow.CloseCause;
import dev.meshctl.proxy.flow.Connections.Kind;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.flow.WorkloadScope;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawApp;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.SmallMesh.RenewableSvid;
import dev.meshctl.proxy.testing.TestApp;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.testing.TestAuthority;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Callers of another mesh, which the called one does not trust yet, or not any more. */
@Timeout(180)
class ForeignCallersTest {
    private final TestAuthority east = new TestAuthority(TrustDomain.ofCluster("east"));
    private SmallMesh mesh;
    private Bundles both;
    private volatile Bundles trusted;

    @BeforeEach
    void open() {
        open(Duration.ofSeconds(60)); // so that what is under way has all the time
    }

    private void open(Duration lastWords) {
        mesh = new SmallMesh(lastWords);
        both = new Bundles(Map.of(
                mesh.authority.trustDomain(), mesh.authority.bundle(), east.trustDomain(), east.bundle()));
        trusted = mesh.authority.bundles();
    }

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private WorkloadScope foreigner() {
        SpiffeId web = new SpiffeId(east.trustDomain(), "shop", "web");
        return mesh.scope("web", "v1", new Application.Responder(() -> "{}"),
                new RenewableSvid(east.issue(web, Duration.ofHours(1))), () -> both);
    }

    private void host(int appPort, Protocol app, Protocol published, BundleSource trust) {
        Hosted orders = mesh.workload("orders", "v1", SmallMesh.process(appPort, app), trust);
        mesh.publish(SmallMesh.service("orders", published), SmallMesh.endpoint(orders));
    }

    private long closed(Kind kind, CloseCause cause) {
        return mesh.loops.connections().closed(kind, cause);
    }

    private static String post(String body) {
        return "POST / HTTP/1.1\r\nhost: orders\r\ncontent-length: " + body.length() + "\r\n\r\n" + body;
    }

    /** Trusts the other mesh from the third time on that it is asked. */
    private BundleSource slow() {
        AtomicInteger asked = new AtomicInteger();
        return () -> asked.incrementAndGet() < 3 ? mesh.authority.bundles() : both;
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void a_request_waits_until_the_trust_in_its_mesh_has_arrived(Protocol protocol) throws Exception {
        TestApp app = mesh.track(TestApp.echoing());
        host(app.port(), Protocol.HTTP1, protocol, slow());
        Listener listener = mesh.outbound(foreigner());
        try (RawHttp client = new RawHttp(listener.address())) {
            String answer = client.send(post("once")).readUntil("once");

            assertThat(answer).startsWith("HTTP/1.1 200");
        }
        assertThat(app.requests).hasValue(1);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).retries()).isEqualTo(2);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void a_caller_that_stays_unknown_is_told_so(Protocol protocol) throws Exception {
        TestApp app = mesh.track(TestApp.echoing());
        host(app.port(), Protocol.HTTP1, protocol, () -> trusted);
        Listener listener = mesh.outbound(foreigner());
        try (RawHttp client = new RawHttp(listener.address())) {
            String answer = client.send(post("never")).readUntil("linked with this one?");

            assertThat(answer).startsWith("HTTP/1.1 503").contains("x-meshctl-error: certificate_refused");
        }
        assertThat(app.requests).hasValue(0);
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).failure())
                .isEqualTo(FailureCause.CERTIFICATE_REFUSED);
        assertThat(mesh.flows).filteredOn(f -> f.direction() == Direction.INBOUND).hasSize(5)
                .allMatch(f -> f.failure() == FailureCause.NO_PEER_IDENTITY);
    }

    @Test
    void an_opaque_connection_that_is_refused_is_recorded_as_such() throws Exception {
        TestApp app = mesh.track(TestApp.echoing());
        host(app.port(), Protocol.TCP, Protocol.TCP, () -> trusted);
        Listener upstream = mesh.upstream(foreigner(), "orders");
        try (RawHttp client = new RawHttp(upstream.address())) {
            assertThat(client.readAll()).isEmpty();
        }
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).failure())
                .isEqualTo(FailureCause.CERTIFICATE_REFUSED);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void what_is_under_way_when_trust_ends_is_answered_and_nothing_after_it(Protocol protocol) throws Exception {
        trusted = both;
        CountDownLatch answer = new CountDownLatch(1);
        TestApp app = mesh.track(new TestApp(exchange -> {
            answer.await();
            TestApp.reply(exchange, 200, "done");
        }));
        host(app.port(), Protocol.HTTP1, protocol, () -> trusted);
        Listener listener = mesh.outbound(foreigner());
        try (RawHttp client = new RawHttp(listener.address())) {
            client.send(post("one"));
            Await.until("the request is under way", () -> app.requests.get() == 1);

            trusted = mesh.authority.bundles();
            mesh.loops.trustedPeers().recheck();
            answer.countDown();

            assertThat(client.readUntil("done")).startsWith("HTTP/1.1 200");
            assertThat(client.send(post("two")).readUntil("\r\n\r\n")).contains("x-meshctl-error: certificate_refused");
        }
        assertThat(app.requests).hasValue(1);
        Await.until("the connection is closed for its cause", () -> closed(Kind.INBOUND, CloseCause.DISTRUSTED) == 1);
    }

    @Test
    void an_idle_connection_ends_with_the_trust_and_those_of_the_own_mesh_stay() throws Exception {
        trusted = both;
        TestApp app = mesh.track(TestApp.echoing());
        host(app.port(), Protocol.HTTP1, Protocol.HTTP1, () -> trusted);
        try (RawHttp foreign = new RawHttp(mesh.outbound(foreigner()).address());
                RawHttp own = new RawHttp(mesh.outbound(mesh.client("cart")).address())) {
            assertThat(foreign.send(post("one")).readUntil("one")).startsWith("HTTP/1.1 200");
            assertThat(own.send(post("one")).readUntil("one")).startsWith("HTTP/1.1 200");

            trusted = mesh.authority.bundles();
            mesh.loops.trustedPeers().recheck();

            Await.until("the foreign one is closed", () -> closed(Kind.INBOUND, CloseCause.DISTRUSTED) == 1);
            assertThat(own.send(post("two")).readUntil("two")).startsWith("HTTP/1.1 200");
            assertThat(mesh.loops.connections().open(Kind.INBOUND)).isEqualTo(1);
        }
    }

    @Test
    void an_opaque_connection_is_cut_once_its_last_words_are_over() throws Exception {
        mesh.close();
        open(Duration.ofMillis(500));
        trusted = both;
        RawApp app = mesh.track(RawApp.plain(connection -> {
            while (true) {
                connection.write("echo " + connection.read(4));
            }
        }));
        host(app.port(), Protocol.TCP, Protocol.TCP, () -> trusted);
        Listener upstream = mesh.upstream(foreigner(), "orders");
        try (RawHttp client = new RawHttp(upstream.address())) {
            assertThat(client.send("one\n").readUntil("\n")).isEqualTo("echo one\n");

            trusted = mesh.authority.bundles();
            mesh.loops.trustedPeers().recheck();

            assertThat(client.readAll()).isEmpty();
        }
        Await.until("it is closed for its cause", () -> closed(Kind.INBOUND, CloseCause.DISTRUSTED) == 1);
    }

    @Test
    void a_caller_gives_up_connections_to_a_mesh_that_it_does_not_trust_any_more() throws Exception {
        TestApp app = mesh.track(TestApp.echoing());
        host(app.port(), Protocol.HTTP1, Protocol.HTTP1, () -> both);
        Bundles[] ofCaller = {both};
        WorkloadScope caller = mesh.scope("web", "v1", new Application.Responder(() -> "{}"),
                new RenewableSvid(east.issue(new SpiffeId(east.trustDomain(), "shop", "web"), Duration.ofHours(1))),
                () -> ofCaller[0]);
        try (RawHttp client = new RawHttp(mesh.outbound(caller).address())) {
            assertThat(client.send(post("one")).readUntil("one")).startsWith("HTTP/1.1 200");

            ofCaller[0] = east.bundles();
            mesh.loops.trustedPeers().recheck();

            Await.until("it is closed", () -> closed(Kind.ENDPOINT, CloseCause.DISTRUSTED) == 1);
            assertThat(client.send(post("two")).readUntil("\r\n\r\n")).contains("x-meshctl-error: tls_failed");
        }
    }
}
