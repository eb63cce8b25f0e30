package dev.meshctl.proxy.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.ConnectionRoute;
import dev.meshctl.api.proto.config.ConsumerRoutes;
import dev.meshctl.api.proto.config.Protocol;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.flow.Direction;
import dev.meshctl.proxy.flow.FailureCause;
import dev.meshctl.proxy.flow.FlowProtocol;
import dev.meshctl.proxy.flow.FlowRecord;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.proxy.testing.RawHttp;
import dev.meshctl.proxy.testing.SmallMesh;
import dev.meshctl.proxy.testing.SmallMesh.Hosted;
import dev.meshctl.runtime.identity.Svid;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class RoutedConnectionsTest {
    private static final char[] PASSWORD = "test".toCharArray();

    private final SmallMesh mesh = new SmallMesh();

    @AfterEach
    void close() throws Exception {
        mesh.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    /** Says its name at once, as a database does, and closes. */
    private int greeter(String name) throws IOException {
        return serve(new ServerSocket(0, 50, SmallMesh.loopback().getAddress()), name);
    }

    private int serve(ServerSocket server, String name) {
        mesh.track(server);
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    Thread.ofVirtual().start(() -> greet(socket, name));
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server.getLocalPort();
    }

    private static void greet(Socket socket, String name) {
        try (socket) {
            socket.getOutputStream().write((name + "\n").getBytes(StandardCharsets.US_ASCII));
            socket.getOutputStream().flush();
            while (socket.getInputStream().read() >= 0) {
                // until the client has read and closes
            }
        } catch (IOException e) {
            // the client went away
        }
    }

    private static Backend.Builder version(String version, int weight) {
        return Backend.newBuilder().setVersion(version).setWeight(weight);
    }

    private static ConnectionRoute.Builder route(String id, Backend.Builder... backends) {
        ConnectionRoute.Builder route = ConnectionRoute.newBuilder().setId(id);
        for (Backend.Builder backend : backends) {
            route.addBackends(backend);
        }
        return route;
    }

    private static ConnectionRoute.Builder tls(String id, String serverName, Backend.Builder... backends) {
        return route(id, backends).setTls(true).addServerNames(serverName);
    }

    private Service.Builder publishDb(Protocol protocol, ConnectionRoute.Builder... routes) throws IOException {
        Hosted v1 = mesh.workload("db", "v1", greeter("one"), Protocol.TCP);
        Hosted v2 = mesh.workload("db", "v2", greeter("two"), Protocol.TCP);
        Service.Builder service = SmallMesh.service("db", protocol);
        for (ConnectionRoute.Builder route : routes) {
            service.addConnectionRoutes(route);
        }
        mesh.publish(service, SmallMesh.endpoint(v1), SmallMesh.endpoint(v2));
        return service;
    }

    private static String greeting(InetSocketAddress at) throws Exception {
        try (RawHttp client = new RawHttp(at)) {
            return client.readUntil("\n").strip();
        }
    }

    @Test
    void a_tcp_route_sends_connections_to_versions_by_weight_also_where_the_server_speaks_first() throws Exception {
        publishDb(Protocol.DETECT, route("shop/db/0", version("v1", 3), version("v2", 1)));
        InetSocketAddress at = mesh.upstream(mesh.client("web"), "db").address();

        Map<String, Integer> greetings = new TreeMap<>();
        for (int i = 0; i < 120; i++) {
            greetings.merge(greeting(at), 1, Integer::sum);
        }

        assertThat(greetings).containsOnlyKeys("one", "two");
        assertThat(greetings.get("two")).isBetween(10, 55);
        FlowRecord flow = mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.version().equals("v2"));
        assertThat(flow.route()).isEqualTo("shop/db/0");
        assertThat(flow.protocol()).isEqualTo(FlowProtocol.TCP);
        assertThat(flow.mtls()).isTrue();
    }

    @Test
    void a_version_without_weight_gets_no_connection() throws Exception {
        publishDb(Protocol.TCP, route("shop/db/0", version("v1", 0), version("v2", 1)));
        InetSocketAddress at = mesh.upstream(mesh.client("web"), "db").address();

        for (int i = 0; i < 20; i++) {
            assertThat(greeting(at)).isEqualTo("two");
        }
    }

    @Test
    void a_backend_of_another_service_is_found_under_its_own_name() throws Exception {
        Hosted other = mesh.workload("replica", "v1", greeter("replica"), Protocol.TCP);
        mesh.publish(SmallMesh.service("replica", Protocol.TCP), SmallMesh.endpoint(other));
        publishDb(Protocol.TCP, route("shop/db/0",
                Backend.newBuilder().setHost("replica.shop.svc.cluster.local").setWeight(1)));

        assertThat(greeting(mesh.upstream(mesh.client("web"), "db").address())).isEqualTo("replica");
        assertThat(mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND).destination().name()).isEqualTo("replica");
    }

    @Test
    void connections_to_a_backend_that_is_not_there_are_refused_with_the_cause() throws Exception {
        publishDb(Protocol.TCP, route("shop/db/0", version("v9", 1)));
        assertThat(readAll("db")).isEmpty();
        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.NO_ENDPOINTS).route()).isEqualTo("shop/db/0");

        publishDb(Protocol.TCP, route("shop/db/0", version("v1", 0)));
        assertThat(readAll("db")).isEmpty();
        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_BACKENDS);

        publishDb(Protocol.TCP, route("shop/db/0", Backend.newBuilder().setHost("none.shop.svc.cluster.local").setWeight(1)));
        assertThat(readAll("db")).isEmpty();
        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_SUCH_SERVICE);
    }

    private String readAll(String service) throws Exception {
        try (RawHttp client = new RawHttp(mesh.upstream(mesh.client("web"), service).address())) {
            return client.readAll();
        }
    }

    private SSLContext server(String name) throws Exception {
        Svid svid = mesh.authority.issue(mesh.id(name), Duration.ofHours(1));
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("key", svid.key(), PASSWORD, svid.chain().toArray(Certificate[]::new));
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, new SecureRandom());
        return context;
    }

    /** An application that speaks TLS itself. */
    private Hosted tlsWorkload(String version) throws Exception {
        ServerSocket server = server("app-" + version).getServerSocketFactory()
                .createServerSocket(0, 50, SmallMesh.loopback().getAddress());
        return mesh.workload("vault", version, serve(server, version), Protocol.TCP);
    }

    private void publishVault(Protocol protocol, ConnectionRoute.Builder... routes) throws Exception {
        Service.Builder service = SmallMesh.service("vault", protocol);
        for (ConnectionRoute.Builder route : routes) {
            service.addConnectionRoutes(route);
        }
        mesh.publish(service, SmallMesh.endpoint(tlsWorkload("v1")), SmallMesh.endpoint(tlsWorkload("v2")));
    }

    /** What the server said first, and the identity in its certificate. */
    private String call(InetSocketAddress at, String serverName) throws Exception {
        X509TrustManager trusting = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {trusting}, new SecureRandom());
        try (Socket plain = new Socket(at.getAddress(), at.getPort());
                SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, serverName, at.getPort(), true)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName(serverName)));
            socket.setSSLParameters(parameters);
            StringBuilder said = new StringBuilder();
            int b;
            while ((b = socket.getInputStream().read()) >= 0 && b != '\n') {
                said.append((char) b);
            }
            X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
            return said + " " + shown.getSubjectAlternativeNames().iterator().next().get(1);
        }
    }

    @Test
    void a_tls_route_goes_by_the_server_name_and_leaves_the_applications_tls_untouched() throws Exception {
        publishVault(Protocol.DETECT, tls("shop/blue/0", "blue.example.com", version("v1", 1)),
                tls("shop/green/0", "*.green.example.com", version("v2", 1)));
        InetSocketAddress at = mesh.upstream(mesh.client("web"), "vault").address();

        assertThat(call(at, "blue.example.com")).isEqualTo("v1 " + mesh.id("app-v1"));
        assertThat(call(at, "a.green.example.com")).isEqualTo("v2 " + mesh.id("app-v2"));
        assertThat(call(at, "BLUE.example.com")).isEqualTo("v1 " + mesh.id("app-v1"));
        FlowRecord flow = mesh.awaitFlow(f -> f.direction() == Direction.OUTBOUND && f.route().equals("shop/green/0"));
        assertThat(flow.mtls()).as("the mesh's own TLS is around it").isTrue();
    }

    @Test
    void a_server_name_that_no_route_has_and_what_is_no_tls_are_refused() throws Exception {
        publishVault(Protocol.TCP, tls("shop/blue/0", "blue.example.com", version("v1", 1)));
        InetSocketAddress at = mesh.upstream(mesh.client("web"), "vault").address();

        assertThatThrownBy(() -> call(at, "red.example.com")).isInstanceOf(IOException.class);
        mesh.awaitFlow(f -> f.failure() == FailureCause.NO_ROUTE);
        mesh.flows.clear();
        try (RawHttp client = new RawHttp(at)) {
            assertThat(client.send("GET / HTTP/1.1\r\nhost: vault\r\n\r\n").readAll()).isEmpty();
        }
        assertThat(mesh.awaitFlow(f -> f.failure() == FailureCause.NO_ROUTE).destination().name()).isEqualTo("vault");
    }

    @Test
    void a_client_that_says_nothing_where_a_server_name_is_needed_is_let_go() throws Exception {
        mesh.limits = mesh.limits.withClientTimeouts(Duration.ofMillis(50), Duration.ofSeconds(5), Duration.ofSeconds(5));
        publishVault(Protocol.TCP, tls("shop/blue/0", "blue.example.com", version("v1", 1)));

        assertThat(readAll("vault")).isEmpty();
        mesh.awaitFlow(f -> f.failure() == FailureCause.DETECT_TIMEOUT);
    }

    @Test
    void a_tunnel_of_the_http_proxy_goes_by_the_same_routes() throws Exception {
        publishDb(Protocol.DETECT, route("shop/db/0", version("v2", 1)));

        try (RawHttp client = new RawHttp(mesh.outbound(mesh.client("web")).address())) {
            assertThat(client.send("CONNECT db.shop:80 HTTP/1.1\r\nhost: db.shop:80\r\n\r\n").readUntil("\r\n\r\n"))
                    .startsWith("HTTP/1.1 200");
            assertThat(client.readUntil("\n")).isEqualTo("two\n");
        }
    }

    @Test
    void connections_from_a_namespace_with_routes_of_its_own_go_by_those() throws Exception {
        Service.Builder service = publishDb(Protocol.TCP, route("shop/db/0", version("v1", 1)));
        service.addConsumers(ConsumerRoutes.newBuilder().setNamespace("batch")
                .addConnectionRoutes(route("batch/db/0", version("v2", 1))));
        publishAgain(service);

        assertThat(greeting(mesh.upstream(mesh.client("web"), "db").address())).isEqualTo("one");
        assertThat(greeting(mesh.upstream(mesh.clientOf("batch", "job"), "db").address())).isEqualTo("two");
        assertThat(mesh.awaitFlow(f -> f.route().equals("batch/db/0")).direction()).isEqualTo(Direction.OUTBOUND);
    }

    private void publishAgain(Service.Builder service) throws IOException {
        mesh.publish(service, SmallMesh.endpoint(mesh.workload("db", "v1", greeter("one"), Protocol.TCP)),
                SmallMesh.endpoint(mesh.workload("db", "v2", greeter("two"), Protocol.TCP)));
    }
}
