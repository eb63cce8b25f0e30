package dev.meshctl.control.admission.inject;

import static dev.meshctl.control.admission.PodShapes.SETTINGS;
import static dev.meshctl.control.admission.PodShapes.WANTED;
import static dev.meshctl.control.admission.PodShapes.json;
import static dev.meshctl.control.admission.PodShapes.objects;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.PodShapes;
import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class InjectorTest {
    private final Injector injector = new Injector(SETTINGS);

    static List<ObjectNode> injectable() {
        return PodShapes.injectable();
    }

    private static ObjectNode pod(String metadata, String spec) {
        return json("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"%s},\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"i\"}]%s}}"
                .formatted(metadata.isEmpty() ? "" : "," + metadata, spec.isEmpty() ? "" : "," + spec));
    }

    private JsonNode injected(ObjectNode object) {
        assertThat(injector.inject(object, WANTED)).isInstanceOf(Changed.class);
        return ((Changed) injector.inject(object, WANTED)).object();
    }

    private Reason reason(ObjectNode pod, Placement placement) {
        return ((LeftAlone) injector.inject(pod, placement)).reason();
    }

    private static JsonNode container(JsonNode object, String name) {
        return PodShapes.pod(object).at("/spec/initContainers").valueStream()
                .filter(c -> c.path("name").asString().equals(name)).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void every_shape_gets_the_redirect_then_the_proxy_then_its_own_init_containers(ObjectNode shape) {
        JsonNode before = PodShapes.pod(shape).path("spec");
        JsonNode after = PodShapes.pod(injected(shape)).path("spec");
        List<String> names = after.path("initContainers").valueStream().map(c -> c.path("name").asString()).toList();

        assertThat(names).startsWith("meshctl-redirect", "meshctl-proxy");
        assertThat(names.subList(2, names.size()))
                .isEqualTo(before.path("initContainers").valueStream().map(c -> c.path("name").asString()).toList());
        assertThat(after.path("containers").size()).isEqualTo(before.path("containers").size());
        JsonNode proxy = after.at("/initContainers/1");
        assertThat(proxy.path("restartPolicy").asString()).isEqualTo("Always");
        assertThat(proxy.at("/startupProbe/httpGet/port").intValue()).isEqualTo(15020);
        assertThat(after.at("/initContainers/0").has("restartPolicy")).isFalse();
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void only_the_redirect_has_a_capability_and_the_proxy_is_nobody(ObjectNode shape) {
        JsonNode object = injected(shape);
        JsonNode redirect = container(object, "meshctl-redirect").path("securityContext");
        JsonNode proxy = container(object, "meshctl-proxy").path("securityContext");

        assertThat(redirect.at("/capabilities/add").toString()).isEqualTo("[\"NET_ADMIN\"]");
        assertThat(proxy.path("capabilities").toString()).isEqualTo("{\"drop\":[\"ALL\"]}");
        assertThat(proxy.path("runAsUser").longValue()).isEqualTo(1337);
        assertThat(List.of("runAsNonRoot", "readOnlyRootFilesystem")).allMatch(f -> proxy.path(f).booleanValue());
        assertThat(proxy.path("allowPrivilegeEscalation").booleanValue()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void the_token_is_bound_to_the_mesh_and_mounted_in_the_proxy_alone(ObjectNode shape) {
        JsonNode spec = PodShapes.pod(injected(shape)).path("spec");
        JsonNode volume = spec.path("volumes").valueStream()
                .filter(v -> v.at("/projected/sources/0/serviceAccountToken/audience").asString("").equals("west.mesh"))
                .findFirst().orElseThrow();
        String name = volume.path("name").asString();

        assertThat(volume.at("/projected/sources/0/serviceAccountToken/expirationSeconds").longValue()).isEqualTo(3600);
        assertThat(container(injected(shape), "meshctl-proxy").path("volumeMounts").toString()).contains("\"" + name + "\"");
        assertThat(spec.path("containers").toString()).doesNotContain("\"name\":\"" + name + "\"");
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void no_probe_of_an_application_reaches_a_redirected_port_except_those_said_to_stay(ObjectNode shape) {
        JsonNode spec = PodShapes.pod(injected(shape)).path("spec");
        if (shape.path("metadata").path("name").asString("").equals("tuned")) {
            assertThat(spec.at("/containers/0/livenessProbe/httpGet/port").intValue()).isEqualTo(8080);
            return;
        }
        spec.path("containers").forEach(c -> List.of("livenessProbe", "readinessProbe", "startupProbe").forEach(field -> {
            JsonNode probe = c.path(field);
            assertThat(probe.has("grpc")).isFalse();
            assertThat(probe.path("httpGet").path("port").asString("15020")).isIn("15020", "missing-name");
            assertThat(probe.path("tcpSocket").path("host").asString("10.9.8.7")).isEqualTo("10.9.8.7");
        }));
    }

    @Test
    void the_proxy_is_told_the_original_probes_with_named_ports_resolved_and_dollars_kept() {
        JsonNode object = injected(objects("every-probe").getFirst());
        String value = container(object, "meshctl-proxy").path("env").valueStream()
                .filter(e -> e.path("name").asString().equals("MESHCTL_APP_PROBES")).findFirst().orElseThrow().path("value").asString();
        JsonNode probes = json(value.replace("$$", "$"));

        assertThat(value).contains("$$(date)");
        assertThat(probes.propertyNames()).containsExactlyInAnyOrder("/app-probe/web/liveness", "/app-probe/web/readiness",
                "/app-probe/web/startup", "/app-probe/web/post-start", "/app-probe/web/pre-stop");
        JsonNode live = probes.path("/app-probe/web/liveness");
        assertThat(live.path("port").intValue()).isEqualTo(8443);
        assertThat(live.path("timeoutSeconds").intValue()).isEqualTo(7);
        assertThat(live.at("/httpGet/scheme").asString()).isEqualTo("HTTPS");
        assertThat(probes.path("/app-probe/web/startup").at("/tcpSocket/port").asString()).isEqualTo("web");
        assertThat(probes.path("/app-probe/web/readiness").at("/grpc/service").asString()).isEqualTo("health.v1");
        JsonNode probe = PodShapes.pod(object).at("/spec/containers/0/livenessProbe");
        assertThat(probe.at("/httpGet/path").asString()).isEqualTo("/app-probe/web/liveness");
        assertThat(probe.path("terminationGracePeriodSeconds").intValue()).isEqualTo(5);
        assertThat(PodShapes.pod(object).at("/spec/containers/1/livenessProbe").has("exec")).isTrue();
    }

    @Test
    void the_proxy_knows_how_long_the_pod_has_to_end_and_hears_when_it_begins_to() {
        assertThat(gracePeriod("")).isEqualTo("30");
        assertThat(gracePeriod("\"terminationGracePeriodSeconds\":null")).isEqualTo("30");
        assertThat(gracePeriod("\"terminationGracePeriodSeconds\":0")).isEqualTo("0");
        assertThat(gracePeriod("\"terminationGracePeriodSeconds\":7200")).isEqualTo("7200");
        assertThat(gracePeriod("\"terminationGracePeriodSeconds\":-5")).isEqualTo("1");
        assertThat(container(injected(pod("", "")), "meshctl-proxy").path("lifecycle").toString())
                .isEqualTo("{\"preStop\":{\"httpGet\":{\"path\":\"/pod-ending\",\"port\":15020}}}");
        assertThat(injector.inject(pod("", "\"terminationGracePeriodSeconds\":\"30\""), WANTED).toString())
                .contains("spec.terminationGracePeriodSeconds").contains("expected a whole number");
    }

    private String gracePeriod(String spec) {
        return variable(injected(pod("", spec)), "MESHCTL_GRACE_PERIOD_SECONDS");
    }

    private static String variable(JsonNode object, String name) {
        return container(object, "meshctl-proxy").path("env").valueStream()
                .filter(e -> e.path("name").asString().equals(name)).findFirst().orElseThrow().path("value").asString();
    }

    @Test
    void a_drain_that_is_longer_than_the_grace_period_is_warned_of() {
        ObjectNode pod = pod("\"annotations\":{\"meshctl.dev/proxy-drain-seconds\":\"60\"}", "");

        assertThat(((Changed) injector.inject(pod, WANTED)).warnings()).singleElement().asString()
                .contains("60 is more than the pod's grace period of 30 s");
        assertThat(variable(injected(pod), "MESHCTL_DRAIN_SECONDS")).isEqualTo("60");
    }

    @Test
    void annotations_reach_the_redirect_and_the_proxy() {
        JsonNode object = injected(objects("tuned").getFirst());
        List<String> args = container(object, "meshctl-redirect").path("args").valueStream().map(JsonNode::asString).toList();

        assertThat(args).contains("--backend=iptables", "--exclude-inbound-ports=15020,22,9100",
                "--exclude-inbound-cidrs=192.168.0.0/16", "--exclude-outbound-ports=3306,6379,9000-9010",
                "--exclude-outbound-cidrs=169.254.169.254/32,fd00:ec2::254/128");
        assertThat(container(object, "meshctl-proxy").path("resources").toString())
                .isEqualTo("{\"requests\":{\"cpu\":\"200m\",\"memory\":\"128Mi\"},\"limits\":{\"cpu\":\"2\",\"memory\":\"1Gi\"}}");
        assertThat(container(object, "meshctl-proxy").path("env").toString()).contains("\"debug\"");
    }

    @Test
    void without_annotations_the_backend_is_chosen_by_the_node_and_nothing_is_excluded_but_the_proxys_own_port() {
        List<String> args = container(injected(pod("", "")), "meshctl-redirect").path("args").valueStream().map(JsonNode::asString).toList();

        assertThat(args).contains("--backend=auto", "--exclude-inbound-ports=15020").noneMatch(a -> a.contains("cidrs") || a.contains("exclude-outbound"));
    }

    @Test
    void a_mesh_whose_nodes_redirect_adds_no_privileged_container() {
        Changed changed = (Changed) new Injector(SETTINGS.withRedirect(InjectionSettings.Redirect.NODE))
                .inject(pod("", ""), new Placement("shop", Map.of("pod-security.kubernetes.io/enforce", "restricted"), true));

        assertThat(changed.object().at("/spec/initContainers").size()).isEqualTo(1);
        assertThat(changed.object().toString()).doesNotContain("NET_ADMIN");
        assertThat(changed.warnings()).isEmpty();
    }

    @Test
    void a_namespace_that_would_refuse_the_redirect_is_told_so() {
        Changed changed = (Changed) injector.inject(pod("", ""),
                new Placement("shop", Map.of("pod-security.kubernetes.io/enforce", "restricted"), true));

        assertThat(changed.warnings()).singleElement().asString().contains("restricted", "NET_ADMIN", "shop");
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void injecting_what_is_injected_leaves_it_alone(ObjectNode shape) {
        assertThat(reason((ObjectNode) injected(shape), WANTED)).isEqualTo(Reason.ALREADY_INJECTED);
    }

    @ParameterizedTest
    @MethodSource("injectable")
    void the_given_tree_is_never_changed(ObjectNode shape) {
        String before = shape.toString();

        injector.inject(shape, WANTED);

        assertThat(shape.toString()).isEqualTo(before);
    }
}
