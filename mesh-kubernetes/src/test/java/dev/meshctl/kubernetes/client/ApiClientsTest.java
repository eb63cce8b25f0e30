package dev.meshctl.kubernetes.client;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

    private void set(String name, String value) {
        before.put(name, System.getProperty(name));
        System.setProperty(name, value);
    }
}
