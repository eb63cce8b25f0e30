package dev.meshctl.kubernetes.failure;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Statuses as a real API server writes them, through the real client. */
class ApiFailureTest {
    private static final int TIMEOUT_MS = 20_000;
    private static final int SHORT_TIMEOUT_MS = 300;

    @RegisterExtension
    static final WireMockExtension API = WireMockExtension.newInstance()
            .options(wireMockConfig().dynamicPort().dynamicHttpsPort().bindAddress("127.0.0.1")).build();

    @Test
    void expiredCredentialsAskToLogInAgain() {
        ApiFailure failure = answered(401, status(401, "Unauthorized", "Unauthorized", "{}"));

        assertThat(failure.cause()).isEqualTo(Cause.UNAUTHENTICATED);
        assertThat(failure.what()).isEqualTo("cannot read ConfigMap shop/settings");
        assertThat(failure.why()).contains("credentials").contains("expired");
        assertThat(failure.next()).contains("log in").contains("kubectl auth whoami");
        assertThat(failure.cause().passing()).isFalse();
    }

    @Test
    void aMissingRightNamesWhoMayNotDoWhatWhere() {
        ApiFailure failure = answered(403, status(403, "Forbidden",
                "deployments.apps \\\"control-plane\\\" is forbidden: User \\\"jane\\\" cannot patch resource"
                        + " \\\"deployments\\\" in API group \\\"apps\\\" in the namespace \\\"mesh-system\\\"",
                "{\"group\":\"apps\",\"kind\":\"deployments\",\"name\":\"control-plane\"}"));

        assertThat(failure.cause()).isEqualTo(Cause.FORBIDDEN);
        assertThat(failure.denied()).contains(new Denied("jane", "patch", "deployments", "apps", "mesh-system"));
        assertThat(failure.why()).isEqualTo("user \"jane\" may not patch deployments.apps in namespace mesh-system");
        assertThat(failure.next()).endsWith("kubectl auth can-i patch deployments.apps --namespace mesh-system");
    }

    @Test
    void aMissingRightInTheWholeClusterNamesNoNamespace() {
        ApiFailure failure = answered(403, status(403, "Forbidden",
                "nodes is forbidden: User \\\"system:serviceaccount:a:b\\\" cannot list resource \\\"nodes\\\" in API group"
                        + " \\\"\\\" at the cluster scope", "{\"kind\":\"nodes\"}"));

        assertThat(failure.why()).isEqualTo("user \"system:serviceaccount:a:b\" may not list nodes in the cluster");
        assertThat(failure.next()).endsWith("kubectl auth can-i list nodes");
    }

    @Test
    void aPolicyOfTheNamespaceIsNotTakenForAMissingRight() {
        ApiFailure failure = answered(403, status(403, "Forbidden",
                "pods \\\"x\\\" is forbidden: violates PodSecurity \\\"restricted:latest\\\": hostNetwork", "{}"));

        assertThat(failure.cause()).isEqualTo(Cause.REFUSED_BY_POLICY);
        assertThat(failure.why()).contains("hostNetwork");
    }

    @Test
    void aConflictSaysWhoOwnsWhichFieldsAndTheTwoWaysOut() {
        ApiFailure failure = answered(409, status(409, "Conflict", "Apply failed with 3 conflicts", """
                {"name":"control-plane","group":"apps","kind":"deployments","causes":[
                 {"reason":"FieldManagerConflict","message":"conflict with \\\"helm\\\" using apps/v1","field":".spec.replicas"},
                 {"reason":"FieldManagerConflict","message":"conflict with \\\"helm\\\" using apps/v1","field":".spec.template"},
                 {"reason":"FieldManagerConflict","message":"conflict with \\\"kubectl-edit\\\" using apps/v1 at 2026-01-01T00:00:00Z",
                  "field":".metadata.labels.x"}]}"""));

        assertThat(failure.cause()).isEqualTo(Cause.OWNED_BY_OTHERS);
        assertThat(failure.owners()).containsExactly(new FieldOwner("helm", ".spec.replicas"),
                new FieldOwner("helm", ".spec.template"), new FieldOwner("kubectl-edit", ".metadata.labels.x"));
        assertThat(failure.why())
                .isEqualTo("\"helm\" owns .spec.replicas, .spec.template; \"kubectl-edit\" owns .metadata.labels.x");
        assertThat(failure.next()).contains("leave these fields").contains("--force-conflicts");
    }

    @Test
    void aChangeInBetweenIsAStaleWriteAndPasses() {
        ApiFailure failure = answered(409, status(409, "Conflict",
                "Operation cannot be fulfilled on configmaps \\\"settings\\\": the object has been modified", "{}"));

        assertThat(failure.cause()).isEqualTo(Cause.STALE);
        assertThat(failure.cause().passing()).isTrue();
    }

    @Test
    void anImmutableFieldIsNamed() {
        ApiFailure failure = answered(422, status(422, "Invalid", "Deployment.apps \\\"x\\\" is invalid", """
                {"causes":[{"reason":"FieldValueInvalid","field":"spec.selector",
                 "message":"Invalid value: {\\\"matchLabels\\\":{}}: field is immutable"}]}"""));

        assertThat(failure.cause()).isEqualTo(Cause.IMMUTABLE);
        assertThat(failure.why()).startsWith("spec.selector: ").endsWith("field is immutable");
        assertThat(failure.next()).startsWith("delete the object");
    }

    @Test
    void aBrokenSchemaNamesEachField() {
        ApiFailure failure = answered(422, status(422, "Invalid", "x is invalid", """
                {"causes":[{"reason":"FieldValueRequired","field":"spec.service","message":"Required value"},
                 {"reason":"FieldValueInvalid","field":"spec.action","message":"Unsupported value: \\\"Maybe\\\""}]}"""));

        assertThat(failure.cause()).isEqualTo(Cause.INVALID);
        assertThat(failure.why())
                .isEqualTo("spec.service: Required value; spec.action: Unsupported value: \"Maybe\"");
    }

    @Test
    void aNamespaceThatIsBeingDeletedIsToldApartFromAMissingRight() {
        ApiFailure failure = answered(403, status(403, "Forbidden", "configmaps \\\"x\\\" is forbidden: unable to create"
                + " new content in namespace mesh-system because it is being terminated",
                "{\"causes\":[{\"reason\":\"NamespaceTerminating\",\"field\":\"metadata.namespace\"}]}"));

        assertThat(failure.cause()).isEqualTo(Cause.NAMESPACE_TERMINATING);
        assertThat(failure.next()).contains("kubectl get namespace");
    }

    @Test
    void aWebhookLeftBehindIsNamed() {
        ApiFailure failure = answered(500, status(500, "InternalError", "Internal error occurred: failed calling webhook"
                + " \\\"inject.other-mesh.io\\\": failed to call webhook: no endpoints available", "{}"));

        assertThat(failure.cause()).isEqualTo(Cause.WEBHOOK_DOWN);
        assertThat(failure.next()).contains("\"inject.other-mesh.io\"");
    }

    @Test
    void throttlingSaysHowLongToWait() {
        ApiFailure failure = answered(429,
                status(429, "TooManyRequests", "too many requests", "{\"retryAfterSeconds\":7}"));

        assertThat(failure.cause()).isEqualTo(Cause.THROTTLED);
        assertThat(failure.retryAfter()).contains(Duration.ofSeconds(7));
        assertThat(failure.why()).contains("wait 7 s");
    }

    @Test
    void aMissingKindIsToldApartFromAMissingObject() {
        ApiFailure kind = answered(404,
                status(404, "NotFound", "the server could not find the requested resource", "{}"));
        ApiFailure object = answered(404, status(404, "NotFound", "services \\\"a\\\" not found",
                "{\"name\":\"a\",\"kind\":\"services\"}"));

        assertThat(kind.cause()).isEqualTo(Cause.KIND_UNKNOWN);
        assertThat(object.cause()).isEqualTo(Cause.NOT_FOUND);
        assertThat(object.why()).isEqualTo("services \"a\" not found");
    }

    @ParameterizedTest
    @CsvSource({"500, SERVER_ERROR", "503, SERVER_ERROR", "504, TIMEOUT", "410, GONE", "400, INVALID", "418, OTHER"})
    void everyOtherAnswerHasACauseToo(int code, Cause cause) {
        assertThat(answered(code, status(code, "", "as the server says", "{}")).cause()).isEqualTo(cause);
    }

    @Test
    void anAnswerThatIsNoStatusIsCutToOneLine() {
        ApiFailure failure = answered(502, "<html>\n" + "bad gateway ".repeat(1000) + "</html>");

        assertThat(failure.cause()).isEqualTo(Cause.SERVER_ERROR);
        assertThat(failure.why()).hasSizeLessThan(Words.MAX_LENGTH + 50).doesNotContain("\n");
    }

    @Test
    void aClosedPortIsUnreachable() throws IOException {
        // Bound, so that it is nobody else's, and not listened at.
        try (Socket taken = new Socket()) {
            taken.bind(new InetSocketAddress("127.0.0.1", 0));

            ApiFailure failure = failing("http://127.0.0.1:" + taken.getLocalPort());

            assertThat(failure.cause()).isEqualTo(Cause.UNREACHABLE);
            assertThat(failure.why()).contains("takes no connection");
        }
    }

    @Test
    void anUnknownHostIsUnreachable() {
        assertThat(failing("http://no-such-host.invalid:6443").cause()).isEqualTo(Cause.UNREACHABLE);
    }

    @Test
    void aSilentServerIsATimeout() throws Exception {
        try (KubernetesClient hasty = client(plain(), SHORT_TIMEOUT_MS)) {
            // It is to be silent on a connection that is there: one that could not be made in time is another cause.
            API.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(418)));
            Await.until("a connection", () -> failing(hasty).cause() == Cause.OTHER);
            API.stubFor(any(anyUrl()).willReturn(aResponse().withFixedDelay(TIMEOUT_MS)));

            assertThat(failing(hasty).cause()).isEqualTo(Cause.TIMEOUT);
        }
    }

    @Test
    void aServerThatHangsUpIsUnreachable() {
        API.stubFor(any(anyUrl()).willReturn(aResponse().withFault(Fault.EMPTY_RESPONSE)));

        assertThat(failing(plain()).cause()).isEqualTo(Cause.UNREACHABLE);
    }

    @Test
    void aCertificateOfAnUnknownAuthorityIsATlsFailure() {
        ApiFailure failure = failing("https://127.0.0.1:" + API.getRuntimeInfo().getHttpsPort());

        assertThat(failure.cause()).isEqualTo(Cause.TLS);
        assertThat(failure.why()).endsWith("its certificate is not signed by the CA of the kubeconfig");
        assertThat(failure.next()).contains("certificate-authority-data");
    }

    @Test
    void aFailureAlreadyInWordsKeepsItsReasonUnderTheNewTask() {
        ApiException known = new ApiException(new ApiFailure(Cause.NO_CONTEXT, "cannot a", "because", "do this"));

        assertThat(ApiFailure.of(new IllegalStateException(known), "b"))
                .isEqualTo(new ApiFailure(Cause.NO_CONTEXT, "cannot b", "because", "do this"));
    }

    private static String plain() {
        return "http://127.0.0.1:" + API.getRuntimeInfo().getHttpPort();
    }

    private static ApiFailure answered(int code, String body) {
        API.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(code)
                .withHeader("Content-Type", "application/json").withBody(body)));
        return failing(plain());
    }

    private static ApiFailure failing(String url) {
        try (KubernetesClient client = client(url, TIMEOUT_MS)) {
            return failing(client);
        }
    }

    private static KubernetesClient client(String url, int requestTimeoutMs) {
        Config access = new ConfigBuilder(Config.empty()).withMasterUrl(url).withTrustCerts(false)
                .withRequestRetryBackoffLimit(0).withConnectionTimeout(TIMEOUT_MS)
                .withRequestTimeout(requestTimeoutMs).build();
        return new KubernetesClientBuilder().withConfig(access).build();
    }

    private static ApiFailure failing(KubernetesClient client) {
        ConfigMap settings = new ConfigMapBuilder().withNewMetadata().withName("settings").endMetadata().build();
        Throwable thrown = catchThrowable(() -> client.configMaps().inNamespace("shop").resource(settings).create());
        assertThat(thrown).isNotNull();
        return ApiFailure.of(thrown, "read ConfigMap shop/settings");
    }

    private static String status(int code, String reason, String message, String details) {
        return "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" + code + ",\"reason\":\"" + reason
                + "\",\"message\":\"" + message + "\",\"details\":" + details + "}";
    }
}
