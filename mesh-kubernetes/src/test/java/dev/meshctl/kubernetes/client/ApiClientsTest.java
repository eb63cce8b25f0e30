package dev.meshctl.kubernetes.client;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client in a pod, whose token the kubelet replaces. */
class ApiClientsTest {
    private static final ApiClients.Manners MANNERS = new ApiClients.Manners(Duration.ofSeconds(Await.SECONDS), 0, "probe");

    private final WireMockServer api = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private final Map<String, String> before = new HashMap<>();

    @TempDir
    Path directory;

    private Path token;

    @BeforeEach
    void start() throws Exception {
        api.start();
        token = Files.writeString(directory.resolve("token"), "first");
        set(Config.KUBERNETES_MASTER_SYSTEM_PROPERTY, api.baseUrl());
        set(Config.KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN_FILE_SYSTEM_PROPERTY, token.toString());
        set(Config.KUBERNETES_AUTH_TRYKUBECONFIG_SYSTEM_PROPERTY, "false");
    }

    @AfterEach
    void stop() {
        before.forEach((name, value) -> {
            if (value == null) {
                System.clearProperty(name);
            } else {
                System.setProperty(name, value);
            }
        });
        api.stop();
    }

    @Test
    void a_token_that_was_replaced_is_read_anew_when_the_old_one_is_no_longer_accepted() throws Exception {
        api.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(401)));
        api.stubFor(get(anyUrl()).withHeader("Authorization", equalTo("Bearer second"))
                .willReturn(okJson("{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\"}}")));
        try (KubernetesClient client = ApiClients.inCluster(MANNERS)) {
            Files.writeString(token, "second");

            assertThat(client.configMaps().inNamespace("a").withName("b").get().getMetadata().getName()).isEqualTo("b");
        }
        api.verify(getRequestedFor(anyUrl()).withHeader("Authorization", equalTo("Bearer second"))
                .withHeader("User-Agent", equalTo("probe")));
    }

    private static final String STORED = "{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"b\"}}";

    private void throttle(MappingBuilder call, String retryAfter) {
        api.stubFor(call.inScenario("throttled").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(429).withHeader("Retry-After", retryAfter)).willSetStateTo("free"));
    }

    private Duration betweenTheTwoRequests() {
        List<Date> times = api.getAllServeEvents().stream().map(e -> e.getRequest().getLoggedDate()).sorted().toList();
        assertThat(times).hasSize(2);
        return Duration.between(times.getFirst().toInstant(), times.getLast().toInstant());
    }

    @Test
    void a_read_that_is_throttled_is_tried_again_after_what_the_answer_asks_for() {
        throttle(get(anyUrl()), "1");
        api.stubFor(get(anyUrl()).inScenario("throttled").whenScenarioStateIs("free").willReturn(okJson(STORED)));
        try (KubernetesClient client = ApiClients.inCluster()) {
            assertThat(client.configMaps().inNamespace("a").withName("b").get()).isNotNull();
        }
        assertThat(betweenTheTwoRequests()).as("never sooner").isGreaterThanOrEqualTo(Duration.ofMillis(990));
    }

    @Test
    void a_write_that_is_throttled_is_tried_again_after_what_the_answer_asks_for() {
        throttle(post(anyUrl()), "1");
        api.stubFor(post(anyUrl()).inScenario("throttled").whenScenarioStateIs("free")
                .willReturn(okJson(STORED).withStatus(201)));
        try (KubernetesClient client = ApiClients.inCluster()) {
            client.configMaps().inNamespace("a").resource(new ConfigMapBuilder().withNewMetadata().withName("b").endMetadata()
                    .build()).create();
        }
        assertThat(betweenTheTwoRequests()).as("never sooner").isGreaterThanOrEqualTo(Duration.ofMillis(990));
    }

    @Test
    @Timeout(60)
    void an_answer_that_asks_to_wait_for_longer_than_the_bound_is_the_callers_and_counted() {
        throttle(get(anyUrl()), "3600");
        Counters counters = new Counters();
        try (KubernetesClient client = ApiClients.inCluster(ApiClients.Manners.PATIENT.counting(counters::increment))) {
            KubernetesClientException refused = catchThrowableOfType(KubernetesClientException.class,
                    () -> client.configMaps().inNamespace("a").withName("b").get());

            assertThat(ApiFault.of(refused)).isEqualTo(ApiFault.THROTTLED);
            assertThat(refused).hasMessageContaining("after 3600 s");
        }
        assertThat(counters.count(RetryAfter.OVER_LIMIT)).isEqualTo(1);
    }

    @Test
    void an_api_server_that_fails_now_and_then_is_asked_again() {
        api.stubFor(get(anyUrl()).inScenario("failing").whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(500)).willSetStateTo("well"));
        api.stubFor(get(anyUrl()).inScenario("failing").whenScenarioStateIs("well").willReturn(okJson(STORED)));
        try (KubernetesClient client = ApiClients.inCluster()) {
            assertThat(client.configMaps().inNamespace("a").withName("b").get()).isNotNull();
        }
        api.verify(2, getRequestedFor(anyUrl()));
    }

    @Test
    void an_answer_that_does_not_come_in_time_is_no_answer() {
        api.stubFor(get(anyUrl()).willReturn(okJson(STORED).withFixedDelay(60_000)));
        try (KubernetesClient client = ApiClients.inCluster(new ApiClients.Manners(Duration.ofMillis(300), 0, "probe"))) {
            KubernetesClientException slow = catchThrowableOfType(KubernetesClientException.class,
                    () -> client.configMaps().inNamespace("a").withName("b").get());

            assertThat(ApiFault.of(slow)).isEqualTo(ApiFault.UNREACHABLE);
        }
    }

    private void set(String name, String value) {
        before.put(name, System.getProperty(name));
        System.setProperty(name, value);
    }
}
