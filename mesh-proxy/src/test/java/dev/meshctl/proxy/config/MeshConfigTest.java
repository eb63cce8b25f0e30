package dev.meshctl.proxy.config;

import static dev.meshctl.proxy.config.ResourceType.ACCESS;
import static dev.meshctl.proxy.config.ResourceType.BUNDLE;
import static dev.meshctl.proxy.config.ResourceType.ENDPOINTS;
import static dev.meshctl.proxy.config.ResourceType.SERVICE;
import static dev.meshctl.proxy.config.ResourceType.SETTINGS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.MeshHost;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.config.Access;
import dev.meshctl.api.proto.config.AccessRule;
import dev.meshctl.api.proto.config.Backend;
import dev.meshctl.api.proto.config.Bundle;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Endpoints;
import dev.meshctl.api.proto.config.HttpRoute;
import dev.meshctl.api.proto.config.Service;
import dev.meshctl.api.proto.config.Settings;
import dev.meshctl.api.proto.xds.DeltaDiscoveryRequest;
import dev.meshctl.proxy.flow.Discovered;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

final class MeshConfigTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final TestAuthority WEST_CA = new TestAuthority(WEST);
    private static final String PAYMENTS = "payments.shop.svc.cluster.local";
    private static final ConfigTiming QUICK = new ConfigTiming(
            Duration.ofMillis(300), Duration.ofMillis(100), Duration.ofMinutes(5), Duration.ofHours(1),
            Duration.ofMillis(1), Duration.ofMillis(20));
    /** For tests that wait for an answer that is certain to come. */
    private static final ConfigTiming PATIENT = new ConfigTiming(
            Duration.ofSeconds(60), Duration.ofSeconds(60), Duration.ofMinutes(5), Duration.ofHours(1),
            Duration.ofMillis(1), Duration.ofMillis(20));

    @RegisterExtension
    final FakeControlPlane controlPlane = new FakeControlPlane();

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock(Instant.now());
    private Counters counters = new Counters();
    private MeshConfig config;

    @BeforeEach
    void settings() {
        controlPlane.has(SETTINGS, "default", "1", Settings.newBuilder().setCluster("west").build());
    }

    @AfterEach
    void close() {
        config.close();
    }

    private void open(ConfigTiming timing) throws IOException {
        counters = new Counters();
        config = MeshConfig.open(directory, WEST_CA.bundle(), timing, clock, counters);
    }

    private void start(ConfigTiming timing) throws IOException {
        open(timing);
        config.connect(controlPlane.channel(), "west-proxy-0", "west", new Random(1));
    }

    private void restart(ConfigTiming timing) throws IOException {
        config.close();
        start(timing);
    }

    private void awaitConnected() throws InterruptedException {
        Eventually.await("settings have come", () -> config.settings().getCluster().equals("west"));
        Eventually.await("the stream is up", () -> config.status().connected());
    }

    private Discovered lookup(String host) {
        MeshHost mesh = MeshHost.parse(host, "shop").orElseThrow();
        return config.discovery().lookup(mesh).toCompletableFuture().orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static Service service(String host, String... versions) {
        MeshHost mesh = MeshHost.parse(host, "shop").orElseThrow();
        HttpRoute.Builder route = HttpRoute.newBuilder().setId("shop/payments/0");
        for (String version : versions) {
            route.addBackends(Backend.newBuilder().setVersion(version).setWeight(1));
        }
        return Service.newBuilder().setHost(host).setName(mesh.service().name())
                .setNamespace(mesh.service().namespace()).addHttpRoutes(route).build();
    }

    private static Service broken(String host) {
        return service(host).toBuilder().clearHttpRoutes().addHttpRoutes(HttpRoute.newBuilder()
                .setId("shop/payments/0").addBackends(Backend.newBuilder().setWeight(-1))).build();
    }

    private static Endpoints endpoints(String host, String... ids) {
        Endpoints.Builder endpoints = Endpoints.newBuilder().setHost(host);
        for (String id : ids) {
            endpoints.addEndpoints(Endpoint.newBuilder().setId(id).setAddress("127.0.0.1").setPort(15006).setWeight(1)
                    .addIdentities("spiffe://west.mesh/ns/shop/sa/payments")
                    .setSniSuffix("payments.shop.west.mesh").addPorts(80));
        }
        return endpoints.build();
    }

    private void hasPayments(String version, String... endpointIds) {
        controlPlane.has(SERVICE, PAYMENTS, version, service(PAYMENTS, "v1"));
        controlPlane.has(ENDPOINTS, PAYMENTS, version, endpoints(PAYMENTS, endpointIds));
    }

    private static List<String> endpointIds(Discovered answer) {
        return ((Discovered.Found) answer).service().endpoints().endpoints().stream()
                .map(endpoint -> endpoint.spec().id()).toList();
    }

    private static List<String> versions(Discovered answer) {
        return ((Discovered.Found) answer).service().service().routes().getFirst().backends().stream()
                .map(backend -> backend.version()).toList();
    }

    @Test
    void a_host_is_subscribed_to_on_first_use_and_acknowledged() throws Exception {
        // given a control plane with payments
        hasPayments("7", "p1", "p2");
        start(PATIENT);
        awaitConnected();
        // when it is looked up
        Discovered answer = lookup(PAYMENTS);
        // then what was sent is in use, and the control plane knows it
        assertThat(endpointIds(answer)).containsExactly("p1", "p2");
        assertThat(controlPlane.await(FakeControlPlane.subscribes(SERVICE, PAYMENTS))
                .getInitialResourceVersionsMap()).isEmpty();
        assertThat(controlPlane.await(FakeControlPlane.acks(SERVICE)).getResponseNonce()).isNotEmpty();
        assertThat(lookup(PAYMENTS)).isSameAs(answer);
    }

    @Test
    void the_first_request_of_a_stream_says_who_asks() throws Exception {
        start(PATIENT);
        DeltaDiscoveryRequest first = controlPlane.await(request -> true);
        assertThat(first.getNode().getId()).isEqualTo("west-proxy-0");
        assertThat(first.getNode().getCluster()).isEqualTo("west");
        assertThat(controlPlane.await(request -> true).hasNode()).isFalse();
    }

    @Test
    void a_host_that_does_not_exist_is_told_apart_and_the_nearest_is_suggested() throws Exception {
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        lookup(PAYMENTS);
        assertThat(lookup("paymets.shop.svc.cluster.local"))
                .isEqualTo(new Discovered.NoSuchService(List.of("payments.shop")));
    }

    @Test
    void a_service_that_appears_later_is_found_without_being_asked_for_again() throws Exception {
        start(PATIENT);
        awaitConnected();
        assertThat(lookup(PAYMENTS)).isInstanceOf(Discovered.NoSuchService.class);
        controlPlane.push(SERVICE, PAYMENTS, "1", service(PAYMENTS, "v1"));
        controlPlane.push(ENDPOINTS, PAYMENTS, "1", endpoints(PAYMENTS, "p1"));
        Eventually.await("payments is found", () ->
                lookup(PAYMENTS) instanceof Discovered.Found found && !endpointIds(found).isEmpty());
    }

    @Test
    void a_resource_that_does_not_compile_is_refused_by_name_and_the_last_good_one_stays() throws Exception {
        // given payments in use
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        Discovered.Found found = (Discovered.Found) lookup(PAYMENTS);
        // when a version comes that cannot be used
        controlPlane.push(SERVICE, PAYMENTS, "2", broken(PAYMENTS));
        // then the control plane is told what and why, it is counted, and nothing changes
        DeltaDiscoveryRequest nack = controlPlane.await(FakeControlPlane.nacks(SERVICE));
        assertThat(nack.getErrorDetail().getMessage())
                .contains("Service " + PAYMENTS, "backends[0]", "weight");
        Eventually.await("the NACK is counted", () -> config.status().nacks() == 1);
        assertThat(counters.count("config_nack")).isEqualTo(1);
        assertThat(versions(found)).containsExactly("v1");
        assertThat(config.status().types().get(SERVICE).versions()).containsEntry(PAYMENTS, "1");
        // and the next good one is taken
        controlPlane.push(SERVICE, PAYMENTS, "3", service(PAYMENTS, "v2"));
        Eventually.await("v2 is in use", () -> versions(found).equals(List.of("v2")));
    }

    @Test
    void who_waits_for_a_host_whose_first_configuration_is_broken_is_told_at_once() throws Exception {
        controlPlane.has(SERVICE, PAYMENTS, "1", broken(PAYMENTS));
        controlPlane.has(ENDPOINTS, PAYMENTS, "1", endpoints(PAYMENTS, "p1"));
        start(PATIENT);
        awaitConnected();
        assertThat(lookup(PAYMENTS)).isInstanceOfSatisfying(Discovered.Unavailable.class,
                answer -> assertThat(answer.cause()).contains("cannot be used", "weight"));
    }

    @Test
    void a_stream_that_comes_back_resumes_from_the_versions_in_use() throws Exception {
        // given payments in use
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        Discovered.Found found = (Discovered.Found) lookup(PAYMENTS);
        // when the control plane goes away
        controlPlane.stop();
        Eventually.await("the loss is seen", () -> !config.status().connected());
        // then what is in use stays
        assertThat(lookup(PAYMENTS)).isSameAs(found);
        // and when it is back with a change, the proxy names what it has and gets the difference
        controlPlane.has(ENDPOINTS, PAYMENTS, "2", endpoints(PAYMENTS, "p1", "p2"));
        controlPlane.start();
        DeltaDiscoveryRequest resumed = controlPlane.await(request ->
                FakeControlPlane.subscribes(SERVICE, PAYMENTS).test(request)
                        && !request.getInitialResourceVersionsMap().isEmpty());
        assertThat(resumed.getInitialResourceVersionsMap()).containsEntry(PAYMENTS, "1");
        Eventually.await("the change has come", () -> endpointIds(found).equals(List.of("p1", "p2")));
        assertThat(config.status().reconnects()).isPositive();
    }

    @Test
    void a_proxy_without_control_plane_serves_what_it_kept() throws Exception {
        // given a proxy that has used payments once
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        lookup(PAYMENTS);
        config.close();
        // when it starts while the control plane is away
        controlPlane.stop();
        start(PATIENT);
        // then payments and the settings are there
        assertThat(endpointIds(lookup(PAYMENTS))).containsExactly("p1");
        assertThat(config.settings().getCluster()).isEqualTo("west");
        assertThat(counters.count("discovery_from_disk")).isEqualTo(1);
        assertThat(config.hosts().getFirst().fromDisk()).isTrue();
        // and a restarted control plane is told the versions that were kept
        controlPlane.start();
        assertThat(controlPlane.await(FakeControlPlane.subscribes(SERVICE, PAYMENTS))
                .getInitialResourceVersionsMap()).containsEntry(PAYMENTS, "1");
    }

    @Test
    void half_written_files_are_discarded_and_counted_and_the_rest_is_used() throws Exception {
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        lookup(PAYMENTS);
        config.close();
        controlPlane.stop();
        // given that the file of the settings has lost its end
        Path settings = onlyFile("settings-");
        byte[] whole = Files.readAllBytes(settings);
        Files.write(settings, Arrays.copyOf(whole, whole.length - 1));
        // when
        start(QUICK);
        // then
        assertThat(counters.count("cache_corrupt")).isEqualTo(1);
        assertThat(settings).doesNotExist();
        assertThat(config.settings().getCluster()).isEmpty();
        assertThat(endpointIds(lookup(PAYMENTS))).containsExactly("p1");
    }

    private Path onlyFile(String prefix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).findFirst().orElseThrow();
        }
    }

    @Test
    void a_fresh_answer_is_preferred_to_what_was_kept_while_the_control_plane_is_there() throws Exception {
        hasPayments("1", "p1");
        start(PATIENT);
        awaitConnected();
        lookup(PAYMENTS);
        lookup("other.shop");
        restart(PATIENT);
        awaitConnected();
        // The stream has asked for another host, so that payments is asked for on an open subscription.
        lookup("other.shop");
        hasPayments("2", "p2");
        assertThat(endpointIds(lookup(PAYMENTS))).containsExactly("p2");
        assertThat(counters.count("discovery_from_disk")).isZero();
    }

    @Test
    void without_an_answer_and_without_anything_kept_a_host_is_unavailable() throws Exception {
        start(QUICK);
        awaitConnected();
        controlPlane.beSilent(true);
        assertThat(lookup(PAYMENTS)).isEqualTo(
                new Discovered.Unavailable("the control plane has not answered in time"));
        assertThat(counters.count("discovery_timeout")).isEqualTo(1);
    }

    @Test
    void an_idle_host_is_let_go_and_one_in_use_stays() throws Exception {
        hasPayments("1", "p1");
        String catalog = "catalog.shop.svc.cluster.local";
        controlPlane.has(SERVICE, catalog, "1", service(catalog, "v1"));
        controlPlane.has(ENDPOINTS, catalog, "1", endpoints(catalog, "c1"));
        start(PATIENT);
        awaitConnected();
        lookup(PAYMENTS);
        Discovered.Found used = (Discovered.Found) lookup(catalog);
        // when payments is not used for five minutes
        clock.advance(Duration.ofMinutes(4));
        used.service().touch();
        clock.advance(Duration.ofMinutes(1));
        config.sweepNow();
        // then
        controlPlane.await(FakeControlPlane.unsubscribes(SERVICE, PAYMENTS));
        controlPlane.await(FakeControlPlane.unsubscribes(ENDPOINTS, PAYMENTS));
        assertThat(config.hosts()).extracting(view -> view.host().toString()).containsExactly(catalog);
    }

    @Test
    void until_policies_are_known_nobody_may_call_and_afterwards_they_hold() throws Exception {
        SpiffeId web = new SpiffeId(WEST, "shop", "web");
        ServiceName payments = ServiceName.parse("payments.shop");
        controlPlane.has(ACCESS, "payments.shop", "1", Access.newBuilder().setService("payments.shop")
                .addAllows(AccessRule.newBuilder().setPolicy("shop/web-only").addIdentities(web.toString())).build());
        // given a proxy that has not been told
        open(PATIENT);
        MeshConfig.AccessHandle access = config.access(payments);
        assertThat(access.get().decide(web, "GET", "/", 80).allowed()).isFalse();
        assertThat(access.awaitKnown(Duration.ofMillis(1))).isFalse();
        // when
        config.connect(controlPlane.channel(), "west-proxy-0", "west", new Random(1));
        // then
        assertThat(access.awaitKnown(Duration.ofSeconds(60))).isTrue();
        assertThat(access.get().decide(web, "GET", "/", 80).allowed()).isTrue();
        assertThat(access.get().decide(new SpiffeId(WEST, "shop", "orders"), "GET", "/", 80).allowed()).isFalse();
        // and when the policy is gone, and the proxy restarts without control plane, everybody may still call
        controlPlane.remove(ACCESS, "payments.shop");
        Eventually.await("open", () -> access.get()
                .decide(new SpiffeId(WEST, "shop", "orders"), "GET", "/", 80).allowed());
        config.close();
        open(PATIENT);
        assertThat(config.access(payments).get()
                .decide(new SpiffeId(WEST, "shop", "orders"), "GET", "/", 80).allowed()).isTrue();
    }

    @Test
    void bundles_of_linked_meshes_come_and_go_but_the_own_one_stays() throws Exception {
        TrustDomain east = new TrustDomain("east.mesh");
        controlPlane.has(BUNDLE, "east.mesh", "1", bundle(new TestAuthority(east)));
        controlPlane.has(BUNDLE, "west.mesh", "1", bundle(WEST_CA));
        start(PATIENT);
        List<Boolean> stillTrusted = new CopyOnWriteArrayList<>();
        config.onDistrust(() -> stillTrusted.add(config.bundles().current().of(east).isPresent()));
        Eventually.await("east is trusted", () -> config.bundles().current().of(east).isPresent());
        // when the control plane takes both away
        controlPlane.remove(BUNDLE, "east.mesh");
        controlPlane.remove(BUNDLE, "west.mesh");
        // then
        Eventually.await("east is not trusted", () -> config.bundles().current().of(east).isEmpty());
        Eventually.await("the attempt is counted", () -> counters.count("own_bundle_removal_ignored") == 1);
        assertThat(config.bundles().current().of(WEST)).isPresent();
        assertThat(stillTrusted).as("told of the one that was removed, afterwards").containsExactly(false);
    }

    @Test
    void what_fails_at_the_end_of_a_trust_does_not_keep_the_next_news_away() throws Exception {
        TrustDomain east = new TrustDomain("east.mesh");
        Bundle bundle = bundle(new TestAuthority(east));
        controlPlane.has(BUNDLE, "east.mesh", "1", bundle);
        start(PATIENT);
        config.onDistrust(() -> {
            throw new IllegalStateException("as a bug would");
        });
        Eventually.await("east is trusted", () -> config.bundles().current().of(east).isPresent());

        controlPlane.remove(BUNDLE, "east.mesh");
        Eventually.await("east is not trusted", () -> config.bundles().current().of(east).isEmpty());
        controlPlane.push(BUNDLE, "east.mesh", "1", bundle);

        Eventually.await("east is trusted again", () -> config.bundles().current().of(east).isPresent());
        assertThat(counters.count("config_resource_failed")).isEqualTo(1);
    }

    @Test
    void a_bundle_without_certificates_is_refused() throws Exception {
        start(PATIENT);
        awaitConnected();
        controlPlane.push(BUNDLE, "west.mesh", "2", Bundle.newBuilder().setTrustDomain("west.mesh").build());
        assertThat(controlPlane.await(FakeControlPlane.nacks(BUNDLE)).getErrorDetail().getMessage())
                .contains("Bundle west.mesh", "ca_certificates");
        assertThat(config.bundles().current().of(WEST).orElseThrow().authorities()).hasSize(1);
    }

    private static Bundle bundle(TestAuthority ca) throws CertificateEncodingException {
        return Bundle.newBuilder().setTrustDomain(ca.trustDomain().name())
                .addCaCertificates(ByteString.copyFrom(ca.root().getEncoded())).setSequence(1).build();
    }
}
