package dev.meshctl.cli.install.kubernetes.api;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.getRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.jsonResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.patch;
import static com.github.tomakehurst.wiremock.client.WireMock.patchRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.meshctl.cli.install.kubernetes.api.ApplyMode.Conflicts;
import dev.meshctl.cli.install.kubernetes.operate.Kube;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.testing.ClosedPort;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ClusterApiTest {
    private static final Key MAP = ObjectType.CONFIG_MAP.key("mesh-system", "a");
    private static final String PATH = "/api/v1/namespaces/mesh-system/configmaps/a";
    private static final String BODY = "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"mesh-system\"}}";

    private final WireMockServer server = new WireMockServer(WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private KubernetesClient client;
    private ClusterApi api;

    @BeforeEach
    void start() {
        server.start();
        client = Kube.client(server.baseUrl());
        api = new ClusterApi(client);
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop();
    }

    @Test
    void applies_as_its_own_field_manager_and_takes_no_unknown_field() {
        server.stubFor(patch(urlPathEqualTo(PATH)).willReturn(jsonResponse(BODY, 200)));

        api.apply(tree(BODY), ApplyMode.with(Conflicts.REFUSE));

        server.verify(patchRequestedFor(urlPathEqualTo(PATH)).withQueryParam("fieldManager", equalTo("meshctl"))
                .withQueryParam("fieldValidation", equalTo("Strict")).withoutQueryParam("force").withoutQueryParam("dryRun")
                .withHeader("Content-Type", equalTo("application/apply-patch+yaml")));
    }

    @Test
    void a_dry_run_that_takes_fields_over_says_so_to_the_server() {
        server.stubFor(patch(urlPathEqualTo(PATH)).willReturn(jsonResponse(BODY, 200)));

        api.apply(tree(BODY), ApplyMode.with(Conflicts.TAKE).asking());

        server.verify(patchRequestedFor(urlPathEqualTo(PATH)).withQueryParam("force", equalTo("true"))
                .withQueryParam("dryRun", equalTo("All")));
    }

    @Test
    void what_is_throttled_longer_than_the_client_tries_is_asked_again_after_the_time_it_asks_for() {
        String[] states = {"Started", "2", "3", "4", "calm"};
        for (int i = 0; i < states.length - 1; i++) {
            server.stubFor(get(urlPathEqualTo(PATH)).inScenario("busy").whenScenarioStateIs(states[i]).willSetStateTo(states[i + 1])
                    .willReturn(jsonResponse(FakeApiServer.status(429, "TooManyRequests", "slow down"), 429).withHeader("Retry-After", "1")));
        }
        server.stubFor(get(urlPathEqualTo(PATH)).inScenario("busy").whenScenarioStateIs("calm").willReturn(jsonResponse(BODY, 200)));

        assertThat(api.get(MAP)).isPresent();
        server.verify(states.length, getRequestedFor(urlPathEqualTo(PATH)));
    }

    @Test
    void a_server_that_stays_busy_is_given_up_and_told_as_such() {
        server.stubFor(get(anyUrl()).willReturn(jsonResponse(FakeApiServer.status(429, "TooManyRequests", "slow down"), 429)
                .withHeader("Retry-After", "3600")));

        ApiException busy = catchThrowableOfType(ApiException.class, () -> api.get(MAP));

        assertThat(busy.failure().cause()).isEqualTo(Cause.THROTTLED);
        assertThat(busy.failure().sentence()).contains("takes no more requests now");
    }

    @Test
    void errors_of_the_server_are_tried_again_and_then_told() {
        server.stubFor(any(anyUrl()).willReturn(jsonResponse(FakeApiServer.status(500, "InternalError", "etcd is away"), 500)));

        ApiException error = catchThrowableOfType(ApiException.class, () -> api.get(MAP));

        assertThat(error.failure().cause()).isEqualTo(Cause.SERVER_ERROR);
        assertThat(error.failure().sentence()).contains("cannot read ConfigMap mesh-system/a", "etcd is away");
        assertThat(server.getAllServeEvents()).hasSizeGreaterThan(1);
    }

    @Test
    void a_server_that_answers_too_late_is_given_up() {
        server.stubFor(get(anyUrl()).willReturn(aResponse().withFixedDelay(3_000).withBody(BODY)));

        ApiException late = catchThrowableOfType(ApiException.class, () -> new ClusterApi(client, Duration.ofMillis(200)).get(MAP));

        assertThat(late.failure().cause()).isEqualTo(Cause.TIMEOUT);
    }

    @Test
    void a_connection_that_breaks_is_told_as_unreachable() {
        server.stubFor(get(anyUrl()).willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)));

        ApiException broken = catchThrowableOfType(ApiException.class, () -> api.get(MAP));

        assertThat(broken.failure().cause()).isEqualTo(Cause.UNREACHABLE);
    }

    @Test
    void nobody_at_the_address_is_told_as_unreachable() throws IOException {
        try (ClosedPort closed = new ClosedPort(); KubernetesClient nobody = Kube.client(closed.url())) {
            ApiException error = catchThrowableOfType(ApiException.class, () -> new ClusterApi(nobody).get(MAP));

            assertThat(error.failure().cause()).isEqualTo(Cause.UNREACHABLE);
        }
    }

    @Test
    void a_list_whose_continuation_has_expired_begins_anew() {
        String path = "/api/v1/namespaces/mesh-system/configmaps";
        server.stubFor(get(urlPathEqualTo(path)).atPriority(5)
                .willReturn(jsonResponse("{\"metadata\":{\"continue\":\"x\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}", 200)));
        server.stubFor(get(urlPathEqualTo(path)).withQueryParam("continue", equalTo("x")).inScenario("gone")
                .whenScenarioStateIs("Started").willSetStateTo("there")
                .willReturn(jsonResponse(FakeApiServer.status(410, "Expired", "The provided continue parameter is too old"), 410)));
        server.stubFor(get(urlPathEqualTo(path)).withQueryParam("continue", equalTo("x")).inScenario("gone")
                .whenScenarioStateIs("there").willReturn(jsonResponse("{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"b\"}}]}", 200)));

        assertThat(api.list(ObjectType.CONFIG_MAP, "mesh-system", "")).map(item -> item.path("metadata").path("name").asString())
                .containsExactly("a", "b");
    }

    @Test
    void a_conflict_names_the_owner_of_each_field() {
        server.stubFor(patch(anyUrl()).willReturn(jsonResponse("""
                {"kind":"Status","status":"Failure","reason":"Conflict","code":409,"message":"Apply failed with 1 conflict",
                 "details":{"causes":[{"reason":"FieldManagerConflict","message":"conflict with \\"helm\\" using v1","field":".data.x"}]}}
                """, 409)));

        ApiException conflict = catchThrowableOfType(ApiException.class,
                () -> api.apply(tree(BODY), ApplyMode.with(Conflicts.REFUSE)));

        assertThat(conflict.failure().cause()).isEqualTo(Cause.OWNED_BY_OTHERS);
        assertThat(conflict.failure().owners()).singleElement().satisfies(owner -> {
            assertThat(owner.manager()).isEqualTo("helm");
            assertThat(owner.field()).isEqualTo(".data.x");
        });
    }

    @Test
    void a_page_of_a_proxy_in_between_is_no_answer_of_the_cluster() {
        server.stubFor(get(anyUrl()).willReturn(aResponse().withStatus(403).withBody("<html>log in first</html>")));

        ApiException error = catchThrowableOfType(ApiException.class, () -> api.get(MAP));

        assertThat(error.failure().cause()).isEqualTo(Cause.FORBIDDEN);
        assertThat(error.failure().why()).contains("log in first");
    }

    @Test
    void what_is_not_there_and_what_no_kind_is_known_of_are_both_absent() {
        server.stubFor(get(urlPathEqualTo(PATH)).willReturn(jsonResponse(
                "{\"kind\":\"Status\",\"reason\":\"NotFound\",\"code\":404,\"message\":\"not found\",\"details\":{\"name\":\"a\"}}", 404)));
        server.stubFor(get(urlPathEqualTo("/apis/meshctl.dev/v1alpha1/meshes/default"))
                .willReturn(aResponse().withStatus(404).withBody("404 page not found")));

        assertThat(api.get(MAP)).isEmpty();
        assertThat(api.get(ObjectType.of("meshctl.dev/v1alpha1", "Mesh").key("", "default"))).isEmpty();
    }

    private static ObjectNode tree(String json) {
        return (ObjectNode) JsonMapper.builder().build().readTree(json);
    }
}
