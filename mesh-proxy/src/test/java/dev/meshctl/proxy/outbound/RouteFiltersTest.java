package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.HeaderEdit;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.KeyMatch;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Redirect;
import dev.meshctl.api.proto.config.Rewrite;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.Listener;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.proxy.testing.TestApp;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What routes match, and what they make of requests and answers, as applications and clients see it. */
@Timeout(180)
class RouteFiltersTest {
    private final SmallMesh mesh = new SmallMesh();
    private final TestApp one = seeing("v1");
    private final TestApp two = seeing("v2");
    private Hosted first;
    private Hosted second;
    private Listener outbound;

    /** Answers with its name, and the host and target that it sees. */
    private static TestApp seeing(String name) {
        return new TestApp(exchange -> {
            exchange.getResponseHeaders().set("x-secret", "inner");
            TestApp.reply(exchange, 200,
                    name + " " + exchange.getRequestHeaders().getFirst("host") + " " + exchange.getRequestURI());
        });
    }

    @BeforeEach
    void open() {
        first = mesh.workload("shop", "v1", mesh.track(one).port(), Protocol.HTTP1);
        second = mesh.workload("shop", "v2", mesh.track(two).port(), Protocol.HTTP1);
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

    private void routes(HttpRoute.Builder... routes) {
        Service.Builder service = SmallMesh.service("shop", Protocol.HTTP1);
        for (int i = 0; i < routes.length; i++) {
            service.addHttpRoutes(routes[i].setId("shop/shop/" + i));
        }
        mesh.publish(service, SmallMesh.endpoint(first), SmallMesh.endpoint(second));
    }

    private static HttpRoute.Builder to(String version, RouteMatch.Builder... matches) {
        HttpRoute.Builder route = HttpRoute.newBuilder().addBackends(Backend.newBuilder().setVersion(version).setWeight(1));
        for (RouteMatch.Builder match : matches) {
            route.addMatches(match);
        }
        return route;
    }

    private static RouteMatch.Builder prefix(String prefix) {
        return RouteMatch.newBuilder().setPathPrefix(prefix);
    }

    private static KeyMatch.Builder key(String name, String value, boolean regex) {
        return KeyMatch.newBuilder().setName(name).setValue(value).setRegex(regex);
    }

    private String get(String target, String host, String headers) throws Exception {
        try (RawHttp client = new RawHttp(outbound.address())) {
            return client.send("GET " + target + " HTTP/1.1\r\nhost: " + host + "\r\nconnection: close\r\n" + headers
                    + "\r\n").readAll();
        }
    }

    private String get(String target) throws Exception {
        return get(target, "shop", "");
    }

    @Test
    void headers_queries_methods_and_paths_choose_the_version() throws Exception {
        routes(to("v2", RouteMatch.newBuilder().addHeaders(key("x-beta", "yes", false)),
                        RouteMatch.newBuilder().addHeaders(key("user-agent", ".*Canary/[0-9]+.*", true)),
                        RouteMatch.newBuilder().addQueryParams(key("beta", "1", false)).setPathExact("/query"),
                        RouteMatch.newBuilder().setMethod("OPTIONS"),
                        RouteMatch.newBuilder().setPathRegex("/items/[0-9]+")),
                to("v1", prefix("/")));

        assertThat(get("/")).endsWith("v1 shop /");
        assertThat(get("/", "shop", "X-Beta: yes\r\n")).endsWith("v2 shop /");
        assertThat(get("/", "shop", "x-beta: yes, indeed\r\n")).endsWith("v1 shop /");
        assertThat(get("/", "shop", "user-agent: Mozilla Canary/12 x\r\n")).endsWith("v2 shop /");
        assertThat(get("/query?a=b&beta=1")).endsWith("v2 shop /query?a=b&beta=1");
        assertThat(get("/other?beta=1")).endsWith("v1 shop /other?beta=1");
        assertThat(get("/items/17")).endsWith("v2 shop /items/17");
        assertThat(get("/items/x17")).endsWith("v1 shop /items/x17");
        try (RawHttp client = new RawHttp(outbound.address())) {
            assertThat(client.send("OPTIONS / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").readAll())
                    .endsWith("v2 shop /");
        }
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.version().equals("v2")).route())
                .isEqualTo("shop/shop/0");
    }

    @Test
    void every_form_of_the_host_names_the_service_and_a_foreign_namespace_does_not() throws Exception {
        routes(to("v1"));

        for (String host : new String[] {"shop", "shop.shop", "SHOP.shop", "shop.shop:80", "shop.shop.svc.cluster.local",
            "shop.shop.svc.cluster.local:80"}) {
            assertThat(get("/", host, "")).as(host).startsWith("HTTP/1.1 200").endsWith("v1 " + host + " /");
        }
        assertThat(get("/", "shop.elsewhere", "")).startsWith("HTTP/1.1 503").contains("x-meshctl-error: no_such_service");
        assertThat(get("/", "shop:81", "")).startsWith("HTTP/1.1 503").contains("x-meshctl-error: no_endpoints");
    }

    @Test
    void what_no_route_matches_is_not_found_and_a_route_without_backends_is_an_error() throws Exception {
        routes(to("v1", prefix("/only")), HttpRoute.newBuilder().addMatches(prefix("/nothing")));

        assertThat(get("/else")).startsWith("HTTP/1.1 404").contains("x-meshctl-error: no_route");
        assertThat(get("/onlyhere")).startsWith("HTTP/1.1 404");
        assertThat(get("/only/here")).startsWith("HTTP/1.1 200");
        assertThat(get("/nothing")).startsWith("HTTP/1.1 500").contains("x-meshctl-error: no_backends");
    }

    @Test
    void a_redirect_is_answered_by_the_proxy_and_no_application_is_asked() throws Exception {
        routes(HttpRoute.newBuilder().addMatches(prefix("/old")).setRedirect(
                        Redirect.newBuilder().setPathPrefix("/new").setStatusCode(308)),
                HttpRoute.newBuilder().addMatches(prefix("/secure")).setRedirect(
                        Redirect.newBuilder().setScheme("https").setHostname("shop.example.com").setStatusCode(301)),
                HttpRoute.newBuilder().addMatches(prefix("/port")).setRedirect(
                        Redirect.newBuilder().setPort(8443).setPathFull("/all")));

        assertThat(get("/old/a/b?x=1")).startsWith("HTTP/1.1 308")
                .contains("location: http://shop/new/a/b?x=1\r\n");
        assertThat(get("/old")).contains("location: http://shop/new\r\n");
        assertThat(get("/secure?y")).startsWith("HTTP/1.1 301")
                .contains("location: https://shop.example.com/secure?y\r\n");
        assertThat(get("/port/x")).startsWith("HTTP/1.1 302").contains("location: http://shop:8443/all\r\n");
        assertThat(one.requests.get() + two.requests.get()).isZero();
    }

    @Test
    void a_rewrite_changes_what_the_application_sees_and_nothing_else() throws Exception {
        routes(to("v1", prefix("/api")).setRewrite(Rewrite.newBuilder().setPathPrefix("/")),
                to("v1", prefix("/v2")).setRewrite(Rewrite.newBuilder().setPathPrefix("/inner/v2")),
                to("v1", prefix("/all")).setRewrite(
                        Rewrite.newBuilder().setPathFull("/one.html").setHostname("inner.example.com")));

        assertThat(get("/api/items?q=1")).endsWith("v1 shop /items?q=1");
        assertThat(get("/api")).endsWith("v1 shop /");
        assertThat(get("/v2/x")).endsWith("v1 shop /inner/v2/x");
        assertThat(get("/all/of/it?q")).endsWith("v1 inner.example.com /one.html?q");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.path().equals("/api/items")).status())
                .as("the caller's side is counted under what the caller asked").isEqualTo(200);
    }

    @Test
    void headers_are_set_added_and_removed_both_ways() throws Exception {
        routes(to("v1")
                .addRequestHeaderEdits(edit(HeaderEdit.Action.SET, "x-set", "by-route"))
                .addRequestHeaderEdits(edit(HeaderEdit.Action.ADD, "x-list", "two"))
                .addRequestHeaderEdits(edit(HeaderEdit.Action.REMOVE, "x-gone", ""))
                .addResponseHeaderEdits(edit(HeaderEdit.Action.REMOVE, "x-secret", ""))
                .addResponseHeaderEdits(edit(HeaderEdit.Action.SET, "x-told", "hello")));

        String answer = get("/", "shop", "x-set: by-client\r\nx-list: one\r\nx-gone: here\r\n");

        assertThat(one.headers).containsEntry("x-set", "by-route").containsEntry("x-list", "one,two")
                .doesNotContainKey("x-gone");
        assertThat(answer).contains("x-told: hello").doesNotContainIgnoringCase("x-secret");
    }

    private static HeaderEdit.Builder edit(HeaderEdit.Action action, String name, String value) {
        return HeaderEdit.newBuilder().setAction(action).setName(name).setValue(value);
    }

    @Test
    void calls_from_a_namespace_with_routes_of_its_own_go_by_those_through_the_same_proxy() throws Exception {
        mesh.publish(SmallMesh.service("shop", Protocol.HTTP1)
                        .addHttpRoutes(to("v1", prefix("/")).setId("shop/shop/0"))
                        .addConsumers(ConsumerRoutes.newBuilder().setNamespace("batch")
                                .addHttpRoutes(to("v2", prefix("/job")).setId("batch/shop/0"))),
                SmallMesh.endpoint(first), SmallMesh.endpoint(second));

        assertThat(get("/job")).endsWith("v1 shop /job");
        outbound = mesh.outbound(mesh.clientOf("batch", "job"));
        assertThat(get("/job")).endsWith("v2 shop /job");
        assertThat(get("/")).as("the other namespace's routes are not merged in").startsWith("HTTP/1.1 404");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.version().equals("v2")).route())
                .isEqualTo("batch/shop/0");
    }

    @Test
    void a_request_to_the_address_of_one_workload_goes_by_no_route() throws Exception {
        routes(to("v2", prefix("/only")));
        Listener byAddress = mesh.track(OutboundListener.open(mesh.client("web"), SmallMesh.loopback(), mesh.loops,
                new FixedTarget(SmallMesh.host("shop"), SmallMesh.PORT, false, first.address().getAddress())).toCompletableFuture().join());

        assertThat(get("/other")).startsWith("HTTP/1.1 404");
        outbound = byAddress;
        assertThat(get("/other")).endsWith("shop /other");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.failure() == null).route()).isEmpty();
    }
}
