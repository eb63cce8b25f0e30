package dev.meshctl.proxy.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.proxy.balance.EndpointSet;
import dev.meshctl.proxy.flow.Addressed;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.proxy.flow.EventLoops;
import dev.meshctl.proxy.route.CompiledService;
import dev.meshctl.proxy.route.InvalidConfig;
import dev.meshctl.proxy.testing.Await;
import dev.meshctl.proxy.testing.FixedService;
import dev.meshctl.proxy.testing.Leaks;
import dev.meshctl.runtime.daemon.Counters;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(180)
class DnsServerTest {
    static {
        Leaks.watch();
    }

    private static final String EVERYWHERE = "payments.shop.svc.clusterset.local";

    private final EventLoops loops = EventLoops.start(1);
    private final Counters counters = new Counters();
    private final Map<String, Discovered> known = new ConcurrentHashMap<>();
    private volatile boolean ipv6 = true;
    private FakeResolver resolver;
    private FakeResolver second;
    private DnsServer server;
    private InetSocketAddress address;

    @BeforeEach
    void serve() throws IOException {
        resolver = FakeResolver.onLoopback();
        second = FakeResolver.onLoopback();
        serve(Duration.ofSeconds(20));
    }

    private void serve(Duration timeout) throws IOException {
        if (server != null) {
            server.close();
        }
        ResolvConf conf = new ResolvConf(List.of(resolver.address(), second.address()));
        server = new DnsServer(
                host -> CompletableFuture.completedFuture(
                        known.getOrDefault(host.toString(), new Discovered.NoSuchService(List.of()))),
                loops, new Resolvers(loops, conf, timeout, counters), () -> ipv6, counters);
        address = server.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        resolver.close();
        second.close();
        loops.close();
    }

    @AfterAll
    static void every_buffer_is_released() {
        Leaks.assertNone();
    }

    private void has(String name, String... vips) {
        MeshHost host = MeshHost.parse(name, "shop").orElseThrow();
        Service service = Service.newBuilder().setHost(name).setName(host.service().name())
                .setNamespace(host.service().namespace()).addAllVips(List.of(vips)).build();
        try {
            known.put(name, new Discovered.Found(new FixedService(CompiledService.compile(service),
                    EndpointSet.compile(Endpoints.newBuilder().setHost(name).build()))));
        } catch (InvalidConfig e) {
            throw new IllegalArgumentException(e);
        }
    }

    private Dns.Answer ask(String name, int type) throws IOException {
        return Dns.udp(address, Dns.query(4711, name, type));
    }

    private Addressed at(String address) {
        return server.discovery().lookup(InetAddress.ofLiteral(address)).toCompletableFuture().join();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_query_for_which_no_socket_can_be_had_is_answered_and_leaves_room_for_others(boolean tcp) throws Exception {
        AtomicInteger made = new AtomicInteger();
        Resolvers resolvers = new Resolvers(loops, new ResolvConf(List.of(resolver.address())), Duration.ofSeconds(20), counters,
                () -> noSocket(made), () -> noSocket(made));
        Query query = ((Query.Read.Of) Query.read(Dns.query(4711, "example.com", Query.A))).query();

        for (int i = 0; i < Resolvers.MAX_IN_FLIGHT + 1; i++) {
            byte[] answer = resolvers.forward(query, tcp).toCompletableFuture().get(30, TimeUnit.SECONDS);
            assertThat(Answers.code(answer)).isEqualTo(Answers.SERVER_FAILURE);
        }

        assertThat(counters.count("dns_overloaded")).isZero();
        assertThat(counters.count("dns_resolver_failed")).isEqualTo(made.get());
    }

    private static Channel noSocket(AtomicInteger made) {
        made.incrementAndGet();
        throw new ChannelException("too many open files");
    }

    @Test
    void a_host_with_virtual_ips_resolves_to_those_of_the_family_that_is_asked_for() throws Exception {
        has(EVERYWHERE, "10.96.0.10", "fd96::10", "10.96.0.11");

        assertThat(ask(EVERYWHERE, Query.A).addresses()).containsExactly("10.96.0.10", "10.96.0.11");
        assertThat(ask(EVERYWHERE, Query.AAAA).addresses()).containsExactly("fd96:0:0:0:0:0:0:10");
    }

    @Test
    void a_host_without_gets_an_address_of_the_local_range_that_leads_back_to_it() throws Exception {
        has(EVERYWHERE);
        has("payments.shop.svc.east.mesh");

        String all = ask(EVERYWHERE, Query.A).addresses().getFirst();
        String east = ask("payments.shop.svc.east.mesh", Query.A).addresses().getFirst();
        String six = ask(EVERYWHERE, Query.AAAA).addresses().getFirst();

        assertThat(List.of(all, east)).doesNotHaveDuplicates().allMatch(one -> one.startsWith("240.0."));
        assertThat(at(all)).isEqualTo(new Addressed.VirtualIp(MeshHost.parse(EVERYWHERE, "x").orElseThrow()));
        assertThat(at(six)).isEqualTo(at(all));
        assertThat(at(east)).isNotEqualTo(at(all));
        assertThat(ask(EVERYWHERE, Query.A).addresses()).containsExactly(all);
        assertThat(at("240.0.200.1")).isEqualTo(new Addressed.Forgotten());
        assertThat(at("192.0.2.1")).isEqualTo(new Addressed.Outside());
    }

    @Test
    void a_workload_without_ipv6_gets_no_address_that_it_cannot_reach() throws Exception {
        has(EVERYWHERE);
        ipv6 = false;

        Dns.Answer answer = ask(EVERYWHERE, Query.AAAA);

        assertThat(answer.code()).isEqualTo(Answers.NO_ERROR);
        assertThat(answer.addresses()).isEmpty();
    }

    @Test
    void the_case_of_a_name_does_not_matter_and_comes_back_as_it_was() throws Exception {
        has(EVERYWHERE, "10.96.0.10");
        byte[] query = Dns.query(1, "PayMents.Shop.SVC.ClusterSet.Local", Query.A);

        Dns.Answer answer = Dns.udp(address, query);

        assertThat(answer.addresses()).containsExactly("10.96.0.10");
        assertThat(Arrays.copyOfRange(answer.bytes(), 12, query.length)).isEqualTo(Arrays.copyOfRange(query, 12, query.length));
    }

    @Test
    void a_client_that_knows_extensions_is_answered_with_them() throws Exception {
        has(EVERYWHERE, "10.96.0.10");

        byte[] answer = Dns.udp(address, Dns.queryWithOpt(1, EVERYWHERE, Query.A)).bytes();

        assertThat(answer[11]).isEqualTo((byte) 1);
        assertThat(Query.number(answer, answer.length - 10)).isEqualTo(Query.OPT);
    }

    @Test
    void a_service_that_nobody_has_does_not_exist_and_one_nobody_knows_of_yet_is_a_failure() throws Exception {
        assertThat(ask("nobody.shop.svc.clusterset.local", Query.A).code()).isEqualTo(Answers.NAME_ERROR);

        known.put(EVERYWHERE, new Discovered.Unavailable("the control plane is away"));
        assertThat(ask(EVERYWHERE, Query.A).code()).isEqualTo(Answers.SERVER_FAILURE);

        assertThat(resolver.queries).isEmpty();
        assertThat(counters.count("dns_mesh_unknown")).isEqualTo(1);
        assertThat(counters.count("dns_mesh_unavailable")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "payments", "payments.shop", "kubernetes.default.svc.cluster.local",
        "a.b.c.d.e.svc.clusterset.local"})
    void any_other_name_goes_to_the_resolvers_as_it_is(String name) throws Exception {
        byte[] query = Dns.queryWithOpt(4711, name, 16);

        Dns.Answer answer = Dns.udp(address, query);

        assertThat(answer.id()).isEqualTo(4711);
        assertThat(answer.addresses()).containsExactly("192.0.2.1");
        byte[] arrived = resolver.queries.remove();
        assertThat(Arrays.copyOfRange(arrived, 2, arrived.length)).isEqualTo(Arrays.copyOfRange(query, 2, query.length));
    }

    @Test
    void a_name_of_this_cluster_that_the_resolvers_do_not_know_may_be_an_imported_service() throws Exception {
        resolver.overUdp = FakeResolver::unknown;
        has("ledger.shop.svc.cluster.local");

        assertThat(ask("ledger.shop.svc.cluster.local", Query.A).addresses().getFirst()).startsWith("240.0.");
        assertThat(ask("other.shop.svc.cluster.local", Query.A).code()).isEqualTo(Answers.NAME_ERROR);
        assertThat(ask("example.com", Query.A).code()).isEqualTo(Answers.NAME_ERROR);
    }

    @Test
    void a_resolver_that_is_silent_or_fails_gives_way_to_the_next() throws Exception {
        resolver.overUdp = query -> Answers.empty(FakeResolver.read(query), Answers.SERVER_FAILURE);
        assertThat(ask("example.com", Query.A).addresses()).containsExactly("192.0.2.1");
        assertThat(counters.count("dns_resolver_failed")).isEqualTo(1);

        resolver.overUdp = query -> null;
        serve(Duration.ofSeconds(2)); // the second one's answer has to come within
        assertThat(ask("example.com", Query.A).addresses()).containsExactly("192.0.2.1");
        assertThat(counters.count("dns_timeout")).isPositive();
    }

    @Test
    void when_no_resolver_answers_the_client_hears_of_it_after_two_rounds() throws Exception {
        resolver.overUdp = query -> null;
        second.overUdp = query -> null;
        serve(Duration.ofMillis(50));

        assertThat(ask("example.com", Query.A).code()).isEqualTo(Answers.SERVER_FAILURE);

        assertThat(counters.count("dns_timeout")).isEqualTo(4);
        Await.until("each was asked twice", () -> resolver.queries.size() == 2 && second.queries.size() == 2);
    }

    @Test
    void an_answer_to_another_question_is_not_taken_for_the_one_that_is_awaited() throws Exception {
        resolver.overUdp = query -> {
            byte[] forged = FakeResolver.found(query);
            forged[1] ^= 1;
            return forged;
        };
        serve(Duration.ofSeconds(2)); // the second one's answer has to come within

        assertThat(ask("example.com", Query.A).addresses()).containsExactly("192.0.2.1");

        assertThat(counters.count("dns_answer_mismatch")).isPositive();
        assertThat(second.queries).isNotEmpty();
    }

    @Test
    void each_query_has_a_port_of_its_own() throws Exception {
        for (int i = 0; i < 8; i++) {
            ask("example.com", Query.A);
        }

        assertThat(resolver.clientPorts.stream().distinct().count()).isGreaterThan(4);
    }

    @Test
    void an_answer_cut_short_reaches_the_client_so_and_its_second_attempt_by_tcp_gets_the_whole() throws Exception {
        resolver.overUdp = query -> {
            byte[] answer = Answers.empty(FakeResolver.read(query), Answers.NO_ERROR);
            answer[2] |= 2;
            return answer;
        };
        resolver.overTcp = query -> Arrays.copyOf(FakeResolver.found(query), 40_000);

        assertThat(ask("example.com", Query.A).truncated()).isTrue();
        Dns.Answer whole = Dns.tcp(address, Dns.query(1, "example.com", Query.A)).getFirst();

        assertThat(whole.truncated()).isFalse();
        assertThat(whole.addresses()).containsExactly("192.0.2.1");
        assertThat(whole.bytes()).hasSize(40_000);
    }

    @Test
    void one_tcp_connection_takes_several_questions() throws Exception {
        has(EVERYWHERE, "10.96.0.10");

        List<Dns.Answer> answers = Dns.tcp(address, Dns.query(1, "example.com", Query.A), Dns.query(2, EVERYWHERE, Query.A));

        assertThat(answers).extracting(Dns.Answer::id).containsExactlyInAnyOrder(1, 2);
        assertThat(answers).allMatch(answer -> answer.code() == Answers.NO_ERROR);
    }

    @ParameterizedTest
    @CsvSource({"2, 0x28, 4, dns_not_implemented", "5, 2, 1, dns_malformed", "7, 1, 1, dns_malformed", "12, 0xc0, 1, dns_malformed",
        "12, 60, 1, dns_malformed"})
    void a_malformed_query_is_answered_with_the_error_and_counted(String at, String value, int code, String cause)
            throws Exception {
        byte[] query = Dns.query(99, "example.com", Query.A);
        query[Integer.decode(at)] = (byte) (int) Integer.decode(value);

        Dns.Answer answer = Dns.udp(address, query);

        assertThat(answer.id()).isEqualTo(99);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(counters.count(cause)).isEqualTo(1);
        assertThat(resolver.queries).isEmpty();
    }

    @Test
    void what_is_no_query_at_all_gets_no_answer_and_the_next_client_does() throws Exception {
        try (java.net.DatagramSocket socket = new java.net.DatagramSocket()) {
            socket.send(new java.net.DatagramPacket(new byte[5], 5, address));
            byte[] answer = FakeResolver.found(Dns.query(1, "example.com", Query.A));
            socket.send(new java.net.DatagramPacket(answer, answer.length, address));
        }

        Await.until("both are counted", () -> counters.count("dns_malformed") == 1 && counters.count("dns_not_a_query") == 1);
        assertThat(ask("example.com", Query.A).code()).isEqualTo(Answers.NO_ERROR);
    }

    @Test
    void whatever_bytes_come_reading_them_ends_in_an_answer_or_none() {
        Random random = new Random(42);
        byte[][] seeds = {Dns.query(1, EVERYWHERE, Query.A), Dns.queryWithOpt(2, "example.com", Query.AAAA),
            FakeResolver.found(Dns.query(3, "a.b", Query.A)), new byte[12], new byte[0]};
        int whole = 0;
        for (int i = 0; i < 300_000; i++) {
            byte[] seed = seeds[random.nextInt(seeds.length)];
            byte[] message = Arrays.copyOf(seed, Math.max(0, seed.length + random.nextInt(9) - 4));
            for (int flips = random.nextInt(6); flips > 0 && message.length > 0; flips--) {
                message[random.nextInt(message.length)] = (byte) random.nextInt(256);
            }
            switch (Query.read(message)) {
                case Query.Read.Of of -> {
                    whole++;
                    Query query = of.query();
                    assertThat(query.questionEnd()).isLessThanOrEqualTo(message.length);
                    assertThat(query.name()).matches("[a-z0-9_?.-]{0,254}");
                    byte[] answer = Answers.addresses(query, List.of(InetAddress.ofLiteral("192.0.2.1")));
                    assertThat(query.answeredBy(answer)).isTrue();
                    assertThat(query.answeredBy(message)).isFalse();
                }
                case Query.Read.Refused refused -> assertThat(Answers.error(message, refused.code())).hasSize(12);
                case Query.Read.Ignored ignored -> assertThat(message.length < 12 || (message[2] & 0x80) != 0).isTrue();
            }
        }
        assertThat(whole).isPositive();
    }

    @Test
    void resolv_conf_gives_its_first_three_name_servers_and_nothing_else() {
        ResolvConf conf = ResolvConf.parse("""
                # nameserver 192.0.2.9
                search shop.svc.cluster.local svc.cluster.local
                nameserver 10.96.0.53
                nameserver\tfd96::53
                nameserver example.com
                nameserver
                options ndots:5
                nameserver 10.96.0.54
                nameserver 10.96.0.55
                """);

        assertThat(conf.servers()).extracting(server -> server.getAddress().getHostAddress() + " " + server.getPort())
                .containsExactly("10.96.0.53 53", "fd96:0:0:0:0:0:0:53 53", "10.96.0.54 53");
    }

    @Test
    void an_address_is_given_to_another_host_only_when_its_own_was_used_longest_ago() {
        VirtualAddresses addresses = new VirtualAddresses();
        MeshHost first = host(0);
        InetAddress kept = addresses.of(first, false);
        InetAddress lost = addresses.of(host(1), false);
        for (int i = 2; i <= VirtualAddresses.MAX_HOSTS; i++) {
            assertThat(addresses.at(kept)).contains(first);
            addresses.of(host(i), false);
        }

        assertThat(addresses.at(kept)).contains(first);
        assertThat(addresses.at(lost)).isEmpty();
        assertThat(addresses.of(host(1), false)).isNotEqualTo(lost);
    }

    private static MeshHost host(int number) {
        return MeshHost.parse("s" + number + ".shop.svc.clusterset.local", "shop").orElseThrow();
    }
}
