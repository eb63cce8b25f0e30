package dev.meshctl.proxy.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.testing.TestAuthority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarConfigTest {
    @TempDir
    Path directory;

    /** As the injector writes it. */
    private static Map<String, String> environment() {
        return new HashMap<>(Map.ofEntries(
                Map.entry("MESHCTL_CLUSTER", "west"),
                Map.entry("MESHCTL_TRUST_DOMAIN", "west.mesh"),
                Map.entry("MESHCTL_CONTROL_PLANE", "control-plane.mesh-system.svc:15012"),
                Map.entry("MESHCTL_TRUST_BRIDGE", "trust-bridge.mesh-system.svc:15013"),
                Map.entry("MESHCTL_TOKEN_FILE", "/var/run/secrets/meshctl.dev/identity/token"),
                Map.entry("MESHCTL_TRUST_BUNDLE_FILE", "/var/run/secrets/meshctl.dev/identity/ca.pem"),
                Map.entry("MESHCTL_STATE_DIR", "/run/meshctl"),
                Map.entry("MESHCTL_LOG_LEVEL", "info"),
                Map.entry("MESHCTL_POD_NAME", "orders-7f8-x2"),
                Map.entry("MESHCTL_POD_NAMESPACE", "shop"),
                Map.entry("MESHCTL_POD_UID", "1b0c"),
                Map.entry("MESHCTL_SERVICE_ACCOUNT", "orders"),
                Map.entry("MESHCTL_NODE_NAME", "node-1"),
                Map.entry("MESHCTL_POD_IPS", "10.1.0.7,fd00::7"),
                Map.entry("MESHCTL_APP_PROBES", "{\"/app-probe/web/liveness\":{\"port\":8080,\"timeoutSeconds\":7,"
                        + "\"httpGet\":{\"path\":\"/live\",\"port\":\"web\",\"scheme\":\"HTTPS\","
                        + "\"httpHeaders\":[{\"name\":\"X-Probe\",\"value\":\"1\"}]}}}")));
    }

    @Test
    void the_injectors_environment_says_who_the_pod_is_and_where_everything_is() throws Exception {
        SidecarConfig config = SidecarConfig.read(environment());

        assertThat(config.identity()).hasToString("spiffe://west.mesh/ns/shop/sa/orders");
        assertThat(config.node()).isEqualTo("orders-7f8-x2.shop");
        assertThat(config.stateDirectory()).isEqualTo(Path.of("/run/meshctl/proxy"));
        assertThat(config.address().getHostAddress()).isEqualTo("10.1.0.7");
        assertThat(config.ipv6()).isTrue();
        assertThat(config.dnsAddresses()).extracting(Object::toString)
                .containsExactly("/127.0.0.1:15053", "/[0:0:0:0:0:0:0:1]:15053");
        assertThat(config.probes().byPath()).containsOnlyKeys("/app-probe/web/liveness");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "MESHCTL_CLUSTER||the environment lacks MESHCTL_CLUSTER",
        "MESHCTL_TRUST_DOMAIN|West Mesh|MESHCTL_TRUST_DOMAIN",
        "MESHCTL_CONTROL_PLANE|control-plane|MESHCTL_CONTROL_PLANE",
        "MESHCTL_SERVICE_ACCOUNT|a/b|MESHCTL_SERVICE_ACCOUNT",
        "MESHCTL_POD_IPS|10.1.0|\"10.1.0\" is no IP address",
        "MESHCTL_APP_PROBES|{|MESHCTL_APP_PROBES",
        "MESHCTL_APP_PROBES|{\"/x\":{}}|/x: does not start with /app-probe/",
        "MESHCTL_APP_PROBES|{\"/app-probe/w/liveness\":{\"port\":0}}|/app-probe/w/liveness: port: must be 1 to 65535",
        "MESHCTL_APP_PROBES|{\"/app-probe/w/liveness\":{\"port\":1,\"timeoutSeconds\":1}}|has none of httpGet",
    })
    void what_is_missing_or_wrong_is_named(String name, String value, String message) {
        Map<String, String> environment = environment();
        environment.put(name, value == null ? "" : value);

        assertThatThrownBy(() -> SidecarConfig.read(environment))
                .isInstanceOf(ConfigException.class).hasMessageContaining(message);
    }

    @Test
    void a_probes_header_cannot_smuggle_another_request() {
        Map<String, String> environment = environment();
        environment.put("MESHCTL_APP_PROBES", "{\"/app-probe/w/liveness\":{\"port\":1,\"timeoutSeconds\":1,\"httpGet\":{"
                + "\"path\":\"/\",\"httpHeaders\":[{\"name\":\"a\",\"value\":\"b\\r\\nHost: c\"}]}}}");

        assertThatThrownBy(() -> SidecarConfig.read(environment)).hasMessageContaining("control characters");
    }

    @Test
    void how_long_the_pod_has_to_end_is_that_of_its_definition_or_of_the_kubernetes_api() throws Exception {
        Map<String, String> environment = environment();
        assertThat(SidecarConfig.read(environment).ending()).isEqualTo(SidecarConfig.Ending.USUAL);

        environment.put("MESHCTL_GRACE_PERIOD_SECONDS", "120");
        environment.put("MESHCTL_DRAIN_SECONDS", "0");
        assertThat(SidecarConfig.read(environment).ending())
                .isEqualTo(new SidecarConfig.Ending(Duration.ofMinutes(2), Optional.of(Duration.ZERO)));

        environment.put("MESHCTL_DRAIN_SECONDS", "-1");
        assertThatThrownBy(() -> SidecarConfig.read(environment))
                .hasMessage("environment variable MESHCTL_DRAIN_SECONDS: expected seconds from 0 to 86400, found \"-1\"");
    }

    @Test
    void a_token_is_read_anew_each_time_and_stays_where_it_is() throws Exception {
        Path file = directory.resolve("token");
        ProjectedToken token = new ProjectedToken(file);
        assertThat(token.get()).isEmpty();

        Files.writeString(file, "one\n");
        assertThat(token.get()).contains("one");
        Files.writeString(file, "two");
        assertThat(token.get()).contains("two");
        assertThat(token.get()).contains("two");
    }

    @Test
    void the_bundle_may_be_pem_with_several_certificates() throws Exception {
        TrustDomain west = new TrustDomain("west.mesh");
        TestAuthority one = new TestAuthority(west);
        TestAuthority two = new TestAuthority(west);
        Path file = directory.resolve("ca.pem");
        Files.writeString(file, pem(one) + pem(two));

        assertThat(BundleFile.read(file, west).authorities()).containsExactly(one.root(), two.root());

        Files.writeString(file, "nothing");
        assertThatThrownBy(() -> BundleFile.read(file, west)).hasMessageContaining("cannot be used");
    }

    @Test
    void a_bundle_that_is_not_there_yet_is_waited_for_but_not_for_ever() throws Exception {
        TrustDomain west = new TrustDomain("west.mesh");
        TestAuthority one = new TestAuthority(west);
        Path file = directory.resolve("late.pem");
        assertThatThrownBy(() -> BundleFile.read(file, west, Duration.ofMillis(1))).hasMessageContaining("ConfigMap");

        CompletableFuture<TrustBundle> read = CompletableFuture.supplyAsync(() -> {
            try {
                return BundleFile.read(file, west);
            } catch (ConfigException e) {
                throw new IllegalStateException(e);
            }
        });
        Files.writeString(directory.resolve("next"), pem(one));
        Files.move(directory.resolve("next"), file);

        assertThat(read.join().authorities()).containsExactly(one.root());
    }

    private static String pem(TestAuthority authority) throws Exception {
        String body = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(authority.root().getEncoded());
        return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
    }
}
