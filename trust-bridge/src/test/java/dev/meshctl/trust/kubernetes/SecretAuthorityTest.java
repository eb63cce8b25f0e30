package dev.meshctl.trust.kubernetes;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.put;
import static com.github.tomakehurst.wiremock.client.WireMock.putRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.trust.authority.AuthorityFiles;
import dev.meshctl.trust.authority.CertificateAuthority;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several writers of one Secret, in the orders that matter. */
class SecretAuthorityTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final String PATH = "/api/v1/namespaces/mesh-system/secrets/trust-bridge-ca";
    private static final Map<String, String> EMPTY = Map.of();

    private final WireMockServer server = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();

    @TempDir
    Path directory;

    private KubernetesClient client;

    @BeforeEach
    void start() {
        server.start();
        client = ApiClients.of(
                new ConfigBuilder().withMasterUrl(server.baseUrl()).withAutoConfigure(false).build(),
                new ApiClients.Manners(Duration.ofSeconds(Await.SECONDS), 0, "test"));
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
    }

    @Test
    void of_two_replicas_that_start_at_once_the_later_writer_takes_over_the_ca_of_the_first() throws Exception {
        Map<String, String> others = ca("other");
        during(Scenario.STARTED, get(urlEqualTo(PATH)).willReturn(secret(EMPTY, "1")));
        server.stubFor(put(urlEqualTo(PATH)).inScenario("race").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(409)).willSetStateTo("lost"));
        during("lost", get(urlEqualTo(PATH)).willReturn(secret(others, "2")));

        CertificateAuthority authority = open();

        assertThat(Files.readString(root("other"))).contains(pem(authority));
        assertThat(counters.snapshot()).containsEntry("ca_secret_conflict", 1L).containsEntry("ca_made_by_another_replica", 1L);
        server.verify(1, putRequestedFor(urlEqualTo(PATH))
                .withRequestBody(matchingJsonPath("$.metadata.resourceVersion", equalTo("1"))));
    }

    @Test
    void an_issuing_key_that_another_has_replaced_meanwhile_is_taken_over_and_not_replaced_again() throws Exception {
        Map<String, String> before = ca("ca");
        during(Scenario.STARTED, get(urlEqualTo(PATH)).willReturn(secret(before, "1")));
        CertificateAuthority authority = open();
        clock.move(Duration.ofDays(200));
        CertificateAuthority other = CertificateAuthority.open(
                new AuthorityFiles(directory.resolve("ca")), WEST, clock, new SecureRandom(), false);
        other.rotateIssuingIfDue();
        server.stubFor(put(urlEqualTo(PATH)).inScenario("race").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(409)).willSetStateTo("lost"));
        during("lost", get(urlEqualTo(PATH)).willReturn(secret(data("ca"), "2")));

        authority.rotateIssuingIfDue();

        assertThat(authority.issuingCertificate()).isEqualTo(other.issuingCertificate());
        assertThat(counters.snapshot()).containsEntry("issuing_key_of_another_replica", 1L);
    }

    @Test
    void a_secret_that_is_always_in_conflict_is_given_up_after_a_few_tries() {
        server.stubFor(get(urlEqualTo(PATH)).willReturn(secret(EMPTY, "1")));
        server.stubFor(put(urlEqualTo(PATH)).willReturn(aResponse().withStatus(409)));

        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining("update Secret mesh-system/trust-bridge-ca").hasMessageContaining("changed by somebody else");
        server.verify(5, putRequestedFor(urlEqualTo(PATH)));
    }

    @ParameterizedTest
    @CsvSource({"401, does not accept", "403, not permitted", "404, does not exist", "429, too often", "500, failed", "503, does not answer"})
    void a_failure_names_the_object_and_why(int status, String why) {
        server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(status).withHeader("Retry-After", "60")));

        assertThatThrownBy(this::open).isInstanceOf(IOException.class)
                .hasMessageContaining("Secret mesh-system/trust-bridge-ca").hasMessageContaining(why);
    }

    @Test
    void another_root_is_never_taken_over() throws Exception {
        during(Scenario.STARTED, get(urlEqualTo(PATH)).willReturn(secret(ca("ca"), "1")));
        CertificateAuthority authority = open();
        var issuing = authority.issuingCertificate();
        server.resetMappings();
        server.stubFor(get(urlEqualTo(PATH)).willReturn(secret(ca("other"), "2")));

        assertThatThrownBy(authority::refresh).hasMessageContaining("root.pem").hasMessageContaining("another root");

        assertThat(authority.issuingCertificate()).isEqualTo(issuing);
    }

    @Test
    void what_is_no_key_is_named_and_never_shown() {
        String secret = Base64.getEncoder().encodeToString("-----BEGIN hush".getBytes(StandardCharsets.UTF_8));
        server.stubFor(get(urlEqualTo(PATH)).willReturn(secret(Map.of("root.pem", secret, "issuing.pem", "!"), "1")));

        assertThatThrownBy(this::open).hasMessageContaining("cannot be used").hasMessageNotContaining("hush");
    }

    private CertificateAuthority open() throws IOException {
        return CertificateAuthority.open(new SecretAuthority(client, "mesh-system", "trust-bridge-ca",
                directory.resolve("mounted"), counters), WEST, clock, new SecureRandom(), true);
    }

    private void during(String state, MappingBuilder mapping) {
        server.stubFor(mapping.inScenario("race").whenScenarioStateIs(state));
    }

    /** A CA, as the data of a Secret. */
    private Map<String, String> ca(String name) throws IOException {
        CertificateAuthority.open(new AuthorityFiles(directory.resolve(name)), WEST, clock, new SecureRandom(), true);
        return data(name);
    }

    private Map<String, String> data(String name) throws IOException {
        return Map.of("root.pem", base64(root(name)), "issuing.pem", base64(root(name).resolveSibling("issuing.pem")));
    }

    private Path root(String name) {
        return directory.resolve(name).resolve("ca/root.pem");
    }

    private static String base64(Path file) throws IOException {
        return Base64.getEncoder().encodeToString(Files.readAllBytes(file));
    }

    private static String pem(CertificateAuthority authority) throws Exception {
        return Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(authority.rootCertificate().getEncoded());
    }

    private static ResponseDefinitionBuilder secret(Map<String, String> data, String version) {
        return okJson(Serialization.asJson(new SecretBuilder()
                .withNewMetadata().withNamespace("mesh-system").withName("trust-bridge-ca").withResourceVersion(version).endMetadata()
                .withType("Opaque").withData(data).build()));
    }
}
