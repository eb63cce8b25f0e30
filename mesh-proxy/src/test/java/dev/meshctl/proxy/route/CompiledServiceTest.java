package dev.meshctl.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.HeaderEdit;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.KeyMatch;
import dev.meshctl.api.proto.config.Redirect;
import dev.meshctl.api.proto.config.Rewrite;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import java.util.Map;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class CompiledServiceTest {
    private static CompiledService service(HttpRoute.Builder... routes) throws InvalidConfig {
        Service.Builder service = Service.newBuilder().setHost("pay.shop.svc.cluster.local").setName("pay")
                .setNamespace("shop");
        for (HttpRoute.Builder route : routes) {
            service.addHttpRoutes(route);
        }
        return CompiledService.compile(service.build());
    }

    private static HttpRoute.Builder route(String id, RouteMatch.Builder... matches) {
        HttpRoute.Builder route = HttpRoute.newBuilder().setId(id).addBackends(Backend.newBuilder().setWeight(1));
        for (RouteMatch.Builder match : matches) {
            route.addMatches(match);
        }
        return route;
    }

    private static RouteRequest request(String method, String path, String query, Map<String, String> headers) {
        return new RouteRequest(method, path, query, headers::get, 80);
    }

    private static String routeOf(CompiledService service, RouteRequest request) {
        return service.route(request).map(choice -> choice.route().id()).orElse("none");
    }

    @Test
    void a_request_takes_the_first_route_that_matches_all_it_names() throws Exception {
        CompiledService service = service(
                route("exact", RouteMatch.newBuilder().setPathExact("/a")),
                route("header", RouteMatch.newBuilder().setPathPrefix("/api")
                        .addHeaders(KeyMatch.newBuilder().setName("env").setValue("canary"))),
                route("query", RouteMatch.newBuilder().setMethod("GET")
                        .addQueryParams(KeyMatch.newBuilder().setName("v").setValue("[0-9]+").setRegex(true))),
                route("prefix", RouteMatch.newBuilder().setPathPrefix("/api/")),
                route("regex", RouteMatch.newBuilder().setPathRegex("/img/.*\\.png")));

        assertThat(routeOf(service, request("GET", "/a", "", Map.of()))).isEqualTo("exact");
        assertThat(routeOf(service, request("GET", "/api/x", "", Map.of("env", "canary")))).isEqualTo("header");
        assertThat(routeOf(service, request("GET", "/api", "", Map.of("env", "prod")))).isEqualTo("prefix");
        assertThat(routeOf(service, request("GET", "/apix", "", Map.of()))).isEqualTo("none");
        assertThat(routeOf(service, request("GET", "/z", "a=1&v=12", Map.of()))).isEqualTo("query");
        assertThat(routeOf(service, request("POST", "/z", "v=12", Map.of()))).isEqualTo("none");
        assertThat(routeOf(service, request("GET", "/img/a.png", "", Map.of()))).isEqualTo("regex");
        assertThat(routeOf(service, request("GET", "/img/a.png/x", "", Map.of()))).isEqualTo("none");
    }

    @Test
    void a_service_without_routes_takes_everything_to_any_version() throws Exception {
        CompiledRoute route = service().route(request("PUT", "/x", "", Map.of())).orElseThrow().route();

        assertThat(route.pick(RandomGeneratorFactory.getDefault().create(1))).isEqualTo(CompiledBackend.SERVICE);
    }

    @Test
    void backends_are_picked_by_weight_and_none_without_weights() throws Exception {
        CompiledRoute route = service(HttpRoute.newBuilder().setId("r")
                .addBackends(Backend.newBuilder().setVersion("v1").setWeight(9))
                .addBackends(Backend.newBuilder().setVersion("v2").setWeight(1))
                .addBackends(Backend.newBuilder().setVersion("v3").setWeight(0))).routes().getFirst();
        var random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
        int[] picks = new int[4];
        for (int i = 0; i < 10_000; i++) {
            CompiledBackend backend = route.pick(random);
            picks[backend == null ? 0 : backend.version().charAt(1) - '0']++;
        }

        assertThat(picks[2]).isBetween(900, 1100);
        assertThat(picks[3]).isZero();
        assertThat(service(HttpRoute.newBuilder().setId("r").addBackends(Backend.newBuilder()))
                .routes().getFirst().pick(random)).isNull();
    }

    @Test
    void redirects_and_rewrites_replace_the_matched_prefix() throws Exception {
        CompiledService service = service(
                route("old", RouteMatch.newBuilder().setPathPrefix("/old")).setRedirect(
                        Redirect.newBuilder().setHostname("new.example").setPathPrefix("/new").setStatusCode(301)),
                route("api", RouteMatch.newBuilder().setPathPrefix("/api/v1/")).setRewrite(
                        Rewrite.newBuilder().setPathPrefix("/")));
        RouteRequest old = request("GET", "/old/x", "q=1", Map.of());
        RouteChoice redirect = service.route(old).orElseThrow();
        RouteChoice rewrite = service.route(request("GET", "/api/v1/x/y", "", Map.of())).orElseThrow();

        assertThat(((RouteFilter.RedirectTo) redirect.route().filter()).location("pay", old, redirect.matchedPrefix()))
                .isEqualTo("http://new.example/new/x?q=1");
        assertThat(((RouteFilter.RewriteTo) rewrite.route().filter()).path("/api/v1/x/y", rewrite.matchedPrefix()))
                .isEqualTo("/x/y");
        assertThat(((RouteFilter.RewriteTo) rewrite.route().filter()).path("/api/v1", rewrite.matchedPrefix()))
                .isEqualTo("/");
    }

    @Test
    void an_expression_that_backtracks_without_end_does_not_match_and_does_not_hang() throws Exception {
        CompiledService service = service(route("evil", RouteMatch.newBuilder().setPathRegex("/(x+x+)+y")));

        assertThat(routeOf(service, request("GET", "/" + "x".repeat(5000), "", Map.of()))).isEqualTo("none");
    }

    @Test
    void what_does_not_compile_is_named_with_its_path() {
        assertThatThrownBy(() -> service(route("r", RouteMatch.newBuilder(), RouteMatch.newBuilder().setPathRegex("("))))
                .isInstanceOf(InvalidConfig.class).hasMessageContaining("http_routes[0] \"r\": matches[1]: path_regex");
        assertThatThrownBy(() -> service(route("r").setRedirect(Redirect.newBuilder().setStatusCode(200))))
                .hasMessageContaining("redirect.status_code");
        assertThatThrownBy(() -> service(route("r").addRequestHeaderEdits(
                        HeaderEdit.newBuilder().setName("x-a").setValue("a\r\nb"))))
                .hasMessageContaining("request_header_edits");
        assertThatThrownBy(() -> service(route("r").addBackends(Backend.newBuilder().setHost("a.b.c.d"))))
                .hasMessageContaining("backends[1]: host");
    }
}
