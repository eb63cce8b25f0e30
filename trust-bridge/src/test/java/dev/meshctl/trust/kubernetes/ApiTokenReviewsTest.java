package dev.meshctl.trust.kubernetes;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.trust.Refusal;
import dev.meshctl.trust.Refusal.Kind;
import dev.meshctl.trust.attest.TokenReviews.Review;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApiTokenReviewsTest {
    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";
    private static final String TOKEN = "aaaa.secretsecret.cccc";
    private static final Duration HASTE = Duration.ofMillis(300);
    private static final String AUDIENCE = "meshctl.dev/trust-bridge";

    private final WireMockServer api = new WireMockServer(options().dynamicPort().bindAddress("127.0.0.1"));
    private KubernetesClient client;

    @BeforeEach
    void start() {
        api.start();
        client = client(Duration.ofSeconds(Await.SECONDS));
    }

    private KubernetesClient client(Duration timeout) {
        return client(api.baseUrl(), timeout);
    }

    private static KubernetesClient client(String url, Duration timeout) {
        return ApiClients.of(
                new ConfigBuilder().withMasterUrl(url).withAutoConfigure(false).build(),
                new ApiClients.Manners(timeout, 0, "test"));
    }

    @AfterEach
    void stop() {
        client.close();
        api.stop();
    }

    @Test
    void the_question_names_the_token_and_the_audience_and_the_answer_is_taken_whole() throws Exception {
        answer(aResponse().withStatus(201).withBody("""
                {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {}, "spec": {"token": "x"},
                 "status": {"authenticated": true, "audiences": ["meshctl.dev/trust-bridge"],
                  "user": {"username": "system:serviceaccount:shop:web", "uid": "u1",
                   "groups": ["system:serviceaccounts", "system:serviceaccounts:shop", "system:authenticated"],
                   "extra": {"authentication.kubernetes.io/pod-name": ["web-1"],
                             "authentication.kubernetes.io/pod-uid": ["5be3"]}}}}
                """));

        Review review = reviews().review(TOKEN, AUDIENCE);

        assertThat(review.authenticated()).isTrue();
        assertThat(review.user()).isEqualTo("system:serviceaccount:shop:web");
        assertThat(review.audiences()).containsExactly(AUDIENCE);
        assertThat(review.extra()).containsEntry("authentication.kubernetes.io/pod-uid", List.of("5be3"));
        api.verify(1, postRequestedFor(urlEqualTo(PATH))
                .withRequestBody(matchingJsonPath("$.spec.token", equalTo(TOKEN)))
                .withRequestBody(matchingJsonPath("$.spec.audiences[0]", equalTo(AUDIENCE)))
                .withRequestBody(matchingJsonPath("$[?(@.spec.audiences.length() == 1)]")));
    }

    @Test
    void an_unknown_token_is_no_failure_and_its_reason_never_repeats_the_token() throws Exception {
        answer(aResponse().withStatus(201).withBody("{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenReview\","
                + " \"status\": {\"error\": \"[invalid bearer token " + TOKEN + ", expired]\"}}"));

        Review review = reviews().review(TOKEN, AUDIENCE);

        assertThat(review.authenticated()).isFalse();
        assertThat(review.error()).contains("expired").doesNotContain("secretsecret");
    }

    @ParameterizedTest
    @CsvSource({
        "401, token_review_unauthorized", "403, token_review_forbidden", "404, token_review_not_found",
        "422, token_review_refused", "429, token_review_throttled", "500, token_review_failed", "503, token_review_unreachable"
    })
    void an_api_server_that_does_not_answer_the_question_is_named_and_may_be_asked_later(int status, String cause) {
        answer(aResponse().withStatus(status).withHeader("Retry-After", "120").withBody(
                "{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"code\": " + status + ", \"message\": \"about " + TOKEN + "\"}"));

        Refusal refusal = refusal(reviews());

        assertThat(refusal.cause()).isEqualTo(cause);
        assertThat(refusal.kind()).isEqualTo(Kind.AWAY);
        assertThat(textOf(refusal)).doesNotContain("secretsecret");
        api.verify(1, postRequestedFor(urlEqualTo(PATH)));
    }

    @Test
    void a_missing_right_says_which() {
        answer(aResponse().withStatus(403));

        assertThat(refusal(reviews())).hasMessageContaining("create tokenreviews");
    }

    @Test
    void a_hanging_and_a_broken_and_an_absent_api_server_are_unreachable() {
        try (KubernetesClient hasty = client(HASTE)) {
            answer(aResponse().withFixedDelay(60_000));
            assertThat(refusal(new ApiTokenReviews(hasty)).cause()).isEqualTo("token_review_unreachable");
        }
        answer(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
        assertThat(refusal(reviews()).cause()).isEqualTo("token_review_unreachable");
        api.stop();
        assertThat(refusal(reviews()).cause()).isEqualTo("token_review_unreachable");
    }

    @Test
    void an_answer_without_a_status_authenticates_nobody() {
        answer(aResponse().withStatus(201).withBody("{\"apiVersion\": \"authentication.k8s.io/v1\", \"kind\": \"TokenReview\"}"));

        Refusal refusal = refusal(reviews());

        assertThat(refusal.cause()).isEqualTo("token_review_unusable");
        assertThat(refusal.kind()).isEqualTo(Kind.AWAY);
    }

    @Test
    void who_finds_no_place_is_told_to_come_again_and_the_api_server_is_not_asked() throws Exception {
        // Takes connections and says nothing until it is closed.
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        try (KubernetesClient slow = client("http://127.0.0.1:" + silent.getLocalPort(), Duration.ofSeconds(Await.SECONDS))) {
            ApiTokenReviews one = new ApiTokenReviews(slow, 1, Duration.ofMillis(1));
            CompletableFuture<Refusal> first = CompletableFuture.supplyAsync(() -> refusal(one));
            Await.until("the first question", () -> one.free() == 0);

            Refusal refusal = refusal(one);

            assertThat(refusal.cause()).isEqualTo("token_review_busy");
            assertThat(refusal.kind()).isEqualTo(Kind.TOO_MANY);
            silent.close();
            assertThat(first.get(Await.SECONDS, TimeUnit.SECONDS).cause()).isEqualTo("token_review_unreachable");
            assertThat(one.free()).as("after a failure").isEqualTo(1);
        }
    }

    private ApiTokenReviews reviews() {
        return new ApiTokenReviews(client);
    }

    private void answer(ResponseDefinitionBuilder answer) {
        api.resetMappings();
        api.stubFor(post(urlEqualTo(PATH)).willReturn(answer.withHeader("Content-Type", "application/json")));
    }

    private static Refusal refusal(ApiTokenReviews reviews) {
        return catchThrowableOfType(Refusal.class, () -> reviews.review(TOKEN, AUDIENCE));
    }

    private static String textOf(Throwable e) {
        StringWriter text = new StringWriter();
        e.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
