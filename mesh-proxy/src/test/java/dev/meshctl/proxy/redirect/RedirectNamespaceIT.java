package dev.meshctl.proxy.redirect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.proxy.dns.Dns;
import dev.meshctl.proxy.dns.FakeResolver;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.testing.Namespace;
import dev.meshctl.runtime.testing.Namespace.Background;
import dev.meshctl.runtime.testing.Namespace.Outcome;
import dev.meshctl.runtime.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The redirect by a real kernel: a namespace for a pod, whose proxy is a process of user 1337, and one for the rest of the
 * world. In both an application listens that says who called it.
 */
@Timeout(300)
class RedirectNamespaceIT {
    private static final TestAuthority AUTHORITY = new TestAuthority(TrustDomain.ofCluster("west"));
    private static final List<String> TOOLS = List.of("ip", "nft", "iptables", "ip6tables", "curl", "setpriv");

    @TempDir(cleanup = CleanupMode.ALWAYS)
    private static Path directory;
    private static Namespace pod;
    private static Namespace world;
    private static Background podProxy;

    @BeforeAll
    static void a_pod_and_the_world() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root, to make network namespaces");
        SystemCommands commands = new SystemCommands();
        for (String tool : TOOLS) {
            assumeTrue(commands.exists(tool), "needs " + tool + "; apt-get install nftables iptables iproute2 curl");
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        String unique = Long.toString(ProcessHandle.current().pid(), 36);
        pod = new Namespace("mc-pod-" + unique);
        world = new Namespace("mc-world-" + unique);
        connect();
        identity("orders");
        identity("web");
        Files.write(directory.resolve("bundle.json"), SpiffeJson.write(AUTHORITY.bundle()));

        java(pod, 1000, AnsweringApp.class, "pod", "8080", "9090");
        java(world, 1000, AnsweringApp.class, "world", "80", "8443", "7070");
        java(world, 1000, FakeResolver.class, "10.77.0.1");
        java(world, 1337, NamespaceProxy.class, directory.toString(), "web", "10.77.0.1", "80", "proxy",
                "service=orders@10.77.0.2:8080");
        podProxy = java(pod, 1337, NamespaceProxy.class, directory.toString(), "orders", "10.77.0.2", "8080", "transparent",
                "service=web@10.77.0.1:15006", "vip=10.96.0.10=web", "vip=fd96::10=web");
    }

    private static void connect() throws Exception {
        Namespace.run("ip", "-n", pod.name(), "link", "add", "eth0", "type", "veth",
                "peer", "name", "eth0", "netns", world.name());
        address(pod, "10.77.0.2/24", "fd77::2/64");
        address(world, "10.77.0.1/24", "fd77::1/64", "10.77.0.20/24", "fd77::20/64");
        pod.ip("route", "add", "default", "via", "10.77.0.1");
        pod.ip("-6", "route", "add", "default", "via", "fd77::1");
    }

    private static void address(Namespace namespace, String... addresses) throws Exception {
        namespace.ip("link", "set", "eth0", "up");
        for (String address : addresses) {
            List<String> command = new ArrayList<>(List.of("addr", "add", address, "dev", "eth0"));
            if (address.contains(":")) {
                command.add("nodad");
            }
            namespace.ip(command.toArray(String[]::new));
        }
    }

    private static void identity(String name) throws Exception {
        SpiffeId id = new SpiffeId(AUTHORITY.trustDomain(), "shop", name);
        new SvidKeystore(directory.resolve(name + ".pem")).store(AUTHORITY.issue(id, Duration.ofHours(1)));
    }

    // May read what root may, because the classes are somewhere that only root may read; nothing else of root's.
    private static Background java(Namespace namespace, int uid, Class<?> main, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups",
                "--inh-caps=-all,+dac_read_search,+net_bind_service", "--ambient-caps=-all,+dac_read_search,+net_bind_service",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(args));
        return namespace.start(command.toArray(String[]::new));
    }

    @AfterAll
    static void remove_the_namespaces() throws Exception {
        if (pod != null) {
            pod.close();
        }
        if (world != null) {
            world.close();
        }
    }

    @BeforeEach
    void strict_mtls() throws Exception {
        Files.deleteIfExists(directory.resolve("permissive"));
        redirect("nft", "--remove");
        redirect("iptables", "--remove");
    }

    private static Outcome redirect(String backend, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), Redirect.class.getName(), "--backend=" + backend));
        command.addAll(List.of(args));
        return pod.exec(command.toArray(String[]::new));
    }

    private static void set(String backend, String... args) throws Exception {
        Outcome outcome = redirect(backend, args);
        assertThat(outcome.status()).as(outcome.output()).isZero();
    }

    private static Outcome curl(Namespace from, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("curl", "-sS", "--max-time", "30"));
        command.addAll(List.of(args));
        return from.exec(command.toArray(String[]::new));
    }

    /** A flow is told a moment after its last byte: whoever makes one waits for it, or it would be counted by the next. */
    private static void awaitMore(long than, String... words) throws InterruptedException {
        Await.until("more than " + than + " flows with " + List.of(words) + " among " + podProxy.lines(), () -> flows(words) > than);
    }

    private static long flows(String... words) {
        return podProxy.lines().stream()
                .filter(line -> line.startsWith("FLOW") && List.of(words).stream().allMatch(line::contains)).count();
    }

    @ParameterizedTest
    @CsvSource({"nft, 10.96.0.10", "nft, [fd96::10]", "iptables, 10.96.0.10", "iptables, [fd96::10]"})
    void a_call_to_a_virtual_ip_goes_by_mtls_to_the_service_it_stands_for(String backend, String vip) throws Exception {
        set(backend);
        long before = flows("OUTBOUND");

        Outcome answer = curl(pod, "-v", "http://" + vip + "/");

        assertThat(answer.output()).contains("world:80 ").contains("as URI=spiffe://west.mesh/ns/shop/sa/orders")
                .contains("x-meshctl-served-by: west/v1");
        awaitMore(before, "OUTBOUND");
    }

    @ParameterizedTest
    @CsvSource({"nft, 10.77.0.1", "nft, [fd77::1]", "iptables, 10.77.0.1", "iptables, [fd77::1]"})
    void a_call_to_what_is_not_of_the_mesh_passes_through_the_proxy_untouched(String backend, String address)
            throws Exception {
        set(backend);
        long before = flows("OUTBOUND TCP");

        Outcome answer = curl(pod, "-v", "http://" + address + ":7070/");

        assertThat(answer.output()).contains("world:7070 ").contains("as null").doesNotContain("x-meshctl");
        Await.until("one more opaque flow", () -> flows("OUTBOUND TCP") == before + 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void a_call_from_the_mesh_reaches_the_application_by_mtls_at_the_port_that_it_was_going_to(String backend)
            throws Exception {
        set(backend);
        String[] flow = {"INBOUND", "mtls=true", "to=/10.77.0.2:8080", "status=200"};
        long before = flows(flow);

        Outcome answer = curl(world, "-x", "http://127.0.0.1:15001", "http://orders.shop/");

        assertThat(answer.output()).contains("pod:8080 ").contains("as URI=spiffe://west.mesh/ns/shop/sa/web");
        awaitMore(before, flow);
    }

    @ParameterizedTest
    @CsvSource({"nft, 10.77.0.2", "nft, [fd77::2]", "iptables, 10.77.0.2", "iptables, [fd77::2]"})
    void a_call_in_plain_is_refused_but_where_the_mesh_is_permissive(String backend, String address) throws Exception {
        set(backend);
        String[] refused = {"INBOUND", "PLAINTEXT_REFUSED"};
        String[] taken = {"INBOUND", "mtls=false", ":9090", "status=200"};
        long refusedBefore = flows(refused);
        long takenBefore = flows(taken);
        Outcome strict = curl(world, "http://" + address + ":9090/");

        assertThat(strict.status()).as(strict.output()).isNotZero();
        awaitMore(refusedBefore, refused);

        Files.createFile(directory.resolve("permissive"));
        Outcome permissive = curl(world, "http://" + address + ":9090/");

        assertThat(permissive.output()).contains("pod:9090 ").contains("as null");
        awaitMore(takenBefore, taken);
    }

    @ParameterizedTest
    @CsvSource({"nft, 10.77.0.1, 10.77.0.20, 10.77.0.2", "nft, [fd77::1], [fd77::20], [fd77::2]",
        "iptables, 10.77.0.1, 10.77.0.20, 10.77.0.2", "iptables, [fd77::1], [fd77::20], [fd77::2]"})
    void what_is_excluded_is_left_alone(String backend, String other, String excluded, String self) throws Exception {
        set(backend, "--exclude-outbound-ports=8000-8500", "--exclude-outbound-cidrs=10.77.0.20/32,fd77::20/128",
                "--exclude-inbound-ports=9090");
        long before = flows("");

        assertThat(curl(pod, "http://" + other + ":8443/").output()).contains("world:8443 ");
        assertThat(curl(pod, "http://" + excluded + ":7070/").output()).contains("world:7070 ");
        assertThat(curl(world, "http://" + self + ":9090/").output()).contains("pod:9090 ");

        assertThat(flows("")).isEqualTo(before);
    }

    @ParameterizedTest
    @CsvSource({"nft, 127.0.0.1, 10.77.0.2", "nft, [::1], [fd77::2]", "iptables, 127.0.0.1, 10.77.0.2",
        "iptables, [::1], [fd77::2]"})
    void the_application_reaches_itself_without_the_proxy(String backend, String loopback, String self) throws Exception {
        set(backend);
        long before = flows("");

        assertThat(curl(pod, "http://" + loopback + ":8080/").output()).contains("pod:8080 ");
        assertThat(curl(pod, "http://" + self + ":9090/").output()).contains("pod:9090 ");

        assertThat(flows("")).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void what_the_proxys_user_calls_is_not_redirected(String backend) throws Exception {
        set(backend);
        long before = flows("");

        Outcome answer = pod.exec("setpriv", "--reuid=1337", "--regid=1337", "--clear-groups",
                "curl", "-sS", "--max-time", "10", "http://10.77.0.1:7070/");

        assertThat(answer.output()).contains("world:7070 ");
        assertThat(flows("")).isEqualTo(before);
    }

    private static Outcome resolve(String server, String name) throws Exception {
        return pod.exec(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp", System.getProperty("java.class.path"), Dns.class.getName(), server, name);
    }

    @ParameterizedTest
    @CsvSource({"nft, 10.96.0.53", "nft, fd96::53", "iptables, 10.96.0.53", "iptables, fd96::53"})
    void the_mesh_answers_for_its_hosts_whatever_the_resolver_and_the_address_leads_to_them(String backend, String server)
            throws Exception {
        set(backend);

        Outcome answer = resolve(server, "web.shop.svc.clusterset.local");

        assertThat(answer.output()).containsPattern("code=0 addresses=\\[240\\.0\\.\\d+\\.\\d+]");
        String address = answer.output().replaceAll("(?s).*\\[(.*)].*", "$1");
        long before = flows("OUTBOUND");
        assertThat(curl(pod, "http://" + address + "/").output())
                .contains("world:80 ").contains("as URI=spiffe://west.mesh/ns/shop/sa/orders");
        awaitMore(before, "OUTBOUND");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void a_query_from_a_port_that_the_proxy_has_just_asked_from_reaches_the_mesh_all_the_same(String backend) throws Exception {
        set(backend);
        Outcome asked = pod.exec("setpriv", "--reuid=1337", "--clear-groups", "perl", "-MIO::Socket::INET", "-e",
                "IO::Socket::INET->new(Proto => 'udp', LocalPort => 40053, PeerAddr => '10.96.0.53', PeerPort => 53)->send('?') or die");
        assertThat(asked.status()).as(asked.output()).isZero();

        Outcome answer = pod.exec(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Dns.class.getName(), "10.96.0.53", "web.shop.svc.clusterset.local", "40053");

        assertThat(answer.output()).containsPattern("code=0 addresses=\\[240\\.0\\.\\d+\\.\\d+]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void another_name_is_resolved_by_the_systems_resolver(String backend) throws Exception {
        set(backend);

        assertThat(resolve("10.96.0.53", "example.com").output()).contains("code=0 addresses=[192.0.2.1]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void set_again_it_is_replaced_and_removed_nothing_is_left(String backend) throws Exception {
        set(backend, "--exclude-outbound-ports=7070");
        set(backend);
        set(backend);
        long before = flows("OUTBOUND TCP");
        assertThat(curl(pod, "http://10.77.0.1:7070/").output()).contains("world:7070 ");
        Await.until("the port is no longer excluded", () -> flows("OUTBOUND TCP") == before + 1);

        set(backend, "--remove");
        set(backend, "--remove");

        assertThat(pod.exec("nft", "list", "ruleset").output()).doesNotContainIgnoringCase("meshctl");
        long after = flows("");
        assertThat(curl(pod, "http://10.77.0.1:7070/").output()).contains("world:7070 ");
        assertThat(flows("")).isEqualTo(after);
    }

    @ParameterizedTest
    @ValueSource(strings = {"nft", "iptables"})
    void without_the_capability_it_says_which(String backend) throws Exception {
        Outcome outcome = pod.exec("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Redirect.class.getName(), "--backend=" + backend);

        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.output()).contains("NET_ADMIN").contains("Pod Security");
    }
}
