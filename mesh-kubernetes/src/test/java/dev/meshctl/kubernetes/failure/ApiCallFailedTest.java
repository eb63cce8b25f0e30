package dev.meshctl.kubernetes.failure;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.WireMockServer;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiCallFailedTest {
    private final WireMockServer api = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private KubernetesClient client;

    @BeforeEach
    void start() {
        api.start();
        client = client(Duration.ofSeconds(Await.SECONDS));
    }

    private KubernetesClient client(Duration timeout) {
        return ApiClients.of(
                new ConfigBuilder().withMasterUrl(api.baseUrl()).withAutoConfigure(false).build(),
                new ApiClients.Manners(timeout, 0, "test"));
    }

    @AfterEach
    void stop() {
        client.close();
        api.stop();
    }

    @ParameterizedTest
    @CsvSource({
        "400, REFUSED, false", "401, UNAUTHORIZED, true", "403, FORBIDDEN, false", "409, CONFLICT, true",
        "422, REFUSED, false", "429, THROTTLED, true", "500, FAILED, true", "503, UNREACHABLE, true", "504, UNREACHABLE, true"
    })
    void a_status_is_a_fault_and_an_impatient_client_asks_once(int status, ApiFault fault, boolean passing) {
        api.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(status).withHeader("Retry-After", "1")));

        ApiCallFailed failed = call();

        assertThat(failed.fault()).isEqualTo(fault);
        assertThat(failed.fault().passing()).isEqualTo(passing);
        assertThat(failed).hasMessageStartingWith("get ConfigMap a/b: ").hasMessageContaining(fault.words());
        api.verify(1, getRequestedFor(anyUrl()));
    }

    @Test
    void an_answer_that_does_not_come_ends_with_the_request_timeout() {
        client.close();
        client = client(Duration.ofMillis(300));
        api.stubFor(any(anyUrl()).willReturn(aResponse().withFixedDelay(60_000)));

        assertThat(call().fault()).isEqualTo(ApiFault.UNREACHABLE);
    }

    @Test
    void a_server_that_is_not_there_is_unreachable() {
        api.stop();

        assertThat(call().fault()).isEqualTo(ApiFault.UNREACHABLE);
    }

    @Test
    void what_the_api_server_says_of_a_refused_request_is_not_repeated() {
        api.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(422).withBody(
                "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":422,"
                        + "\"message\":\"Invalid value: \\\"hush\\\"\"}")));

        ApiCallFailed failed = call();

        assertThat(failed).hasMessage("get ConfigMap a/b: the API server refuses the request (status 422)").hasNoCause();
    }

    private ApiCallFailed call() {
        return catchThrowableOfType(ApiCallFailed.class, () -> ApiCallFailed.call(
                "get ConfigMap a/b", () -> client.configMaps().inNamespace("a").withName("b").get()));
    }
}
