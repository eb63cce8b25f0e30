package dev.meshctl.proxy.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.RouteMatch;
import dev.meshctl.api.proto.config.Service;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConnectionRoutesTest {
    private static Service.Builder service(ConnectionRoute.Builder... routes) {
        Service.Builder service = Service.newBuilder().setHost("db.shop.svc.cluster.local").setName("db").setNamespace("shop");
        for (ConnectionRoute.Builder route : routes) {
            service.addConnectionRoutes(route);
        }
        return service;
    }

    private static ConnectionRoute.Builder tcp(String id, int port) {
        return ConnectionRoute.newBuilder().setId(id).setPort(port).addBackends(Backend.newBuilder().setWeight(1));
    }

    private static ConnectionRoute.Builder tls(String id, String... names) {
        return tcp(id, 0).setTls(true).addAllServerNames(List.of(names));
    }

    private static String chosen(Service.Builder service, int port, @Nullable String serverName) throws InvalidConfig {
        ConnectionTable table = CompiledService.compile(service.build()).connections(port);
        if (table == null) {
            return "unrouted";
        }
        CompiledConnection route = table.choose(serverName);
        return route == null ? "none" : route.id();
    }

    private static String requestOn(Service.Builder service, int port) throws InvalidConfig {
        return CompiledService.compile(service.build()).route(new RouteRequest("GET", "/", "", name -> null, port))
                .map(choice -> choice.route().id().isEmpty() ? "the service" : choice.route().id()).orElse("none");
    }

    @Test
    void the_most_specific_server_name_decides_and_of_equal_ones_the_first() throws Exception {
        Service.Builder service = service(tls("wide", "*.example.com"), tls("narrow", "*.db.example.com"),
                tls("exact", "one.db.example.com"), tls("late", "one.db.example.com", "two.example.com"));

        assertThat(chosen(service, 443, "one.db.example.com")).isEqualTo("exact");
        assertThat(chosen(service, 443, "two.db.example.com")).isEqualTo("narrow");
        assertThat(chosen(service, 443, "a.two.db.example.com")).isEqualTo("narrow");
        assertThat(chosen(service, 443, "two.example.com")).isEqualTo("late");
        assertThat(chosen(service, 443, "db.example.com")).isEqualTo("wide");
        assertThat(chosen(service, 443, "example.com")).as("a wildcard is not the domain itself").isEqualTo("none");
        assertThat(chosen(service, 443, "")).isEqualTo("none");
        assertThat(chosen(service, 443, null)).isEqualTo("none");
    }

    @Test
    void a_tls_route_without_names_takes_every_client_hello_and_nothing_else() throws Exception {
        Service.Builder service = service(tls("any"), tls("named", "a.example"));

        assertThat(chosen(service, 1, "b.example")).isEqualTo("any");
        assertThat(chosen(service, 1, "")).isEqualTo("any");
        assertThat(chosen(service, 1, "a.example")).isEqualTo("named");
        assertThat(chosen(service, 1, null)).isEqualTo("none");
    }

    @Test
    void a_route_is_for_its_port_and_one_without_is_for_all_but_those_that_others_have() throws Exception {
        Service.Builder one = service(tcp("5432 only", 5432));
        Service.Builder rest = service(tcp("all others", 0).addNotPorts(80));

        assertThat(chosen(one, 5432, null)).isEqualTo("5432 only");
        assertThat(chosen(one, 80, null)).isEqualTo("unrouted");
        assertThat(chosen(rest, 5432, null)).isEqualTo("all others");
        assertThat(chosen(rest, 80, null)).isEqualTo("unrouted");
    }

    @Test
    void requests_on_a_port_without_any_route_go_to_the_service_and_on_one_with_a_tls_route_nowhere() throws Exception {
        Service.Builder service = service(tls("tls", "a.example").setPort(443));
        service.addHttpRoutes(HttpRoute.newBuilder().setId("web")
                .addMatches(RouteMatch.newBuilder().setPathPrefix("/api").setPort(80)));

        assertThat(requestOn(service, 443)).isEqualTo("none");
        assertThat(requestOn(service, 80)).as("there is a route for the port, of another path").isEqualTo("none");
        assertThat(requestOn(service, 8080)).isEqualTo("the service");
    }

    @Test
    void what_does_not_compile_is_named_with_its_path() {
        assertThatThrownBy(() -> chosen(service(tls("r", "a.*.b")), 1, null))
                .isInstanceOf(InvalidConfig.class).hasMessageContaining("connection_routes[0] \"r\": server_names: \"a.*.b\"");
        assertThatThrownBy(() -> chosen(service(tcp("r", 0).addServerNames("a.example")), 1, null))
                .hasMessageContaining("server_names");
        assertThatThrownBy(() -> chosen(service(tcp("r", -1)), 1, null)).hasMessageContaining("port: must be 0 to 65535");
    }
}
