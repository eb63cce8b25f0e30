package dev.meshctl.control.admission.inject;

import static dev.meshctl.control.admission.PodShapes.SETTINGS;
import static dev.meshctl.control.admission.PodShapes.WANTED;
import static dev.meshctl.control.admission.PodShapes.json;
import static dev.meshctl.control.admission.PodShapes.objects;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.control.admission.inject.Injection.Changed;
import dev.meshctl.control.admission.inject.Injection.LeftAlone;
import dev.meshctl.control.admission.inject.Injection.Reason;
import dev.meshctl.control.admission.inject.Injection.Refused;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** Which pods get a proxy, which are left alone and which are refused, and what is said of it. */
class EligibilityTest {
    private final Injector injector = new Injector(SETTINGS);

    private static ObjectNode pod(String metadata, String spec) {
        return json("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"%s},\"spec\":{\"containers\":[{\"name\":\"app\",\"image\":\"i\"}]%s}}"
                .formatted(metadata.isEmpty() ? "" : "," + metadata, spec.isEmpty() ? "" : "," + spec));
    }

    private static ObjectNode annotated(String name, String value) {
        ObjectNode pod = pod("\"annotations\":{}", "");
        ((ObjectNode) pod.at("/metadata/annotations")).put(name, value);
        return pod;
    }

    private Reason reason(ObjectNode pod, Placement placement) {
        return ((LeftAlone) injector.inject(pod, placement)).reason();
    }

    @ParameterizedTest
    @CsvSource(nullValues = "-", value = {
        // pod label, pod annotation, namespace label, by default -> injected or the reason
        "-, -, -, false, not-enabled",
        "-, -, -, true, injected",
        "-, -, enabled, false, injected",
        "-, -, disabled, true, opted-out",
        "-, -, yes please, true, opted-out",
        "enabled, -, -, false, injected",
        "enabled, -, disabled, false, injected",
        "disabled, -, enabled, true, opted-out",
        "-, disabled, enabled, true, opted-out",
        "-, enabled, disabled, false, injected",
        "enabled, disabled, enabled, true, refused",
        "enabeld, -, enabled, true, refused",
    })
    void labels_decide(String label, String annotation, String namespaceLabel, boolean byDefault, String expected) {
        ObjectNode pod = pod("\"labels\":{},\"annotations\":{}", "");
        if (label != null) {
            ((ObjectNode) pod.at("/metadata/labels")).put(PodAnnotations.INJECT, label);
        }
        if (annotation != null) {
            ((ObjectNode) pod.at("/metadata/annotations")).put(PodAnnotations.INJECT, annotation);
        }
        Map<String, String> namespace = namespaceLabel == null ? Map.of() : Map.of(PodAnnotations.INJECT, namespaceLabel);

        String came = switch (injector.inject(pod, new Placement("shop", namespace, byDefault))) {
            case Changed changed -> "injected";
            case LeftAlone alone -> alone.reason().word();
            case Refused refused -> "refused";
        };

        assertThat(came).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"'', true, true", "'', false, false", "r2, false, true", "r1, true, false"})
    void a_revision_injects_what_names_it_and_what_names_none_if_it_is_promoted(String asked, boolean promoted, boolean injects) {
        Injector r2 = new Injector(SETTINGS.withRevision("r2", promoted));
        Map<String, String> labels = asked.isEmpty() ? Map.of() : Map.of(PodAnnotations.REVISION, asked);

        Injection injection = r2.inject(pod("", ""), new Placement("shop", labels, true));

        assertThat(injection).isInstanceOf(injects ? Changed.class : LeftAlone.class);
    }

    @Test
    void a_pod_of_another_namespace_is_never_blocked_whatever_it_looks_like() {
        Placement elsewhere = new Placement("elsewhere", Map.of(), false);

        assertThat(reason(json("{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":7,\"spec\":[]}"), elsewhere)).isEqualTo(Reason.NOT_ENABLED);
        assertThat(reason(annotated("meshctl.dev/no-such-thing", "1"), elsewhere)).isEqualTo(Reason.NOT_ENABLED);
        assertThat(reason(pod("", ""), new Placement("mesh-system", Map.of(PodAnnotations.INJECT, "enabled"), true)))
                .isEqualTo(Reason.SYSTEM_NAMESPACE);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "meshctl.dev/exclude-outbond-ports | 1 | did you mean \"meshctl.dev/exclude-outbound-ports\"?",
        "meshctl.dev/frobnicate | 1 | known: meshctl.dev/inject",
        "meshctl.dev/exclude-inbound-ports | 80,,90 | each from 1 to 65535, found \"\"",
        "meshctl.dev/exclude-inbound-ports | 65536 | found \"65536\"",
        "meshctl.dev/exclude-inbound-ports | 90-80 | found \"90-80\"",
        "meshctl.dev/exclude-outbound-cidrs | 10.0.0.1/8 | did you mean \"10.0.0.0/8\"?",
        "meshctl.dev/exclude-outbound-cidrs | 10.0.0.1 | write \"10.0.0.1/32\"",
        "meshctl.dev/exclude-outbound-cidrs | fd00::1/64 | did you mean",
        "meshctl.dev/exclude-outbound-cidrs | 10.0.0.0/33 | from 0 to 32",
        "meshctl.dev/exclude-outbound-cidrs | example.org/24 | expected ranges",
        "meshctl.dev/proxy-memory-limit | 64m | did you mean Mi?",
        "meshctl.dev/proxy-cpu-request | half | expected a quantity",
        "meshctl.dev/proxy-cpu-limit | 2000 | 1m to 1024 CPUs",
        "meshctl.dev/proxy-memory-request | 1Gi | is more than the limit of 256Mi",
        "meshctl.dev/proxy-log-level | debgu | did you mean \"debug\"?",
        "meshctl.dev/redirect-backend | ebtables | expected auto or nftables or iptables",
        "meshctl.dev/rewrite-probes | maybe | expected true or false",
        "meshctl.dev/injected | {} | remove the annotation",
    })
    void a_wrong_annotation_is_refused_with_its_name_and_what_is_right(String name, String value, String said) {
        Refused refused = (Refused) injector.inject(annotated(name, value), WANTED);

        assertThat(refused.faults()).singleElement().satisfies(fault -> {
            assertThat(fault.path()).isEqualTo("metadata.annotations[" + name + "]");
            assertThat(fault.toString()).contains(said);
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'\"spec\":{}' | spec.containers",
        "'\"spec\":{\"containers\":[]}' | spec.containers",
        "'\"spec\":{\"containers\":[7]}' | spec.containers[0]",
        "'\"spec\":{\"containers\":[{\"name\":\"A\"}]}' | spec.containers[0].name",
        "'\"spec\":{\"containers\":[{\"name\":\"a\"},{\"name\":\"a\"}]}' | spec.containers[1].name",
        "'\"spec\":{\"containers\":[{\"name\":\"a\"}],\"volumes\":{}}' | spec.volumes",
        "'\"spec\":{\"containers\":[{\"name\":\"a\"}]},\"metadata\":{\"annotations\":{\"x\":1}}' | metadata.annotations[x]",
    })
    void what_is_no_pod_is_refused_with_the_path(String fields, String path) {
        ObjectNode broken = json("{\"apiVersion\":\"v1\",\"kind\":\"Pod\"," + fields + "}");

        assertThat(((Refused) injector.inject(broken, WANTED)).faults()).extracting(Fault::path).contains(path);
    }

    @Test
    void the_proxys_user_is_refused_where_it_would_count_and_not_where_a_container_overrides_it() {
        Refused refused = (Refused) injector.inject(objects("proxy-user").getFirst(), WANTED);

        assertThat(refused.faults()).singleElement().satisfies(fault -> {
            assertThat(fault.path()).isEqualTo("spec.template.spec.securityContext.runAsUser");
            assertThat(fault.message()).contains("1337", "container app");
        });
    }

    @Test
    void settings_that_no_cluster_would_take_are_refused() {
        assertThatThrownBy(() -> InjectionSettings.of("two words", "west")).hasMessageContaining("two words");
        assertThatThrownBy(() -> InjectionSettings.of("image", "West")).hasMessageContaining("West");
    }
}
