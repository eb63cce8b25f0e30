package dev.meshctl.control.admission.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.net.HostPort;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class InjectionFileTest {
    private static final String FILE = """
            {"image": "example.org/meshctl:1", "cluster": "prod", "trustDomain": "prod.example",
             "trustBridge": "trust-bridge.mesh-system.svc:15013", "controlPlane": "control-plane.mesh-system.svc:15012",
             "bundleConfigMap": "mesh-bundle", "audience": "meshctl.dev/trust-bridge",
             "resources": {"requests": {"cpu": "50m"}, "limits": {"memory": "256Mi"}},
             "excludeInboundPorts": ["9090"], "excludeOutboundPorts": [], "excludeOutboundCidrs": ["10.0.0.0/8"]}""";

    @Test
    void everything_that_an_installation_says_is_in_the_settings() {
        InjectionSettings settings = InjectionFile.read(FILE, "mesh-system", "canary", false);

        assertThat(settings.image()).isEqualTo("example.org/meshctl:1");
        assertThat(settings.controlPlane()).isEqualTo(new HostPort("control-plane.mesh-system.svc", 15012));
        assertThat(settings.identity().trustDomain()).isEqualTo(new TrustDomain("prod.example"));
        assertThat(settings.identity().audience()).isEqualTo("meshctl.dev/trust-bridge");
        assertThat(settings.identity().bundleConfigMap()).isEqualTo("mesh-bundle");
        assertThat(settings.revision()).isEqualTo("canary");
        assertThat(settings.promoted()).isFalse();
        assertThat(settings.defaults().resources()).isEqualTo(new Tuning.Resources("50m", "", "", "256Mi"));
        assertThat(settings.defaults().inbound().ports()).isEqualTo(List.of("9090"));
        assertThat(settings.defaults().outbound().cidrs()).isEqualTo(List.of("10.0.0.0/8"));
    }

    @Test
    void the_proxys_containers_are_fetched_as_the_installation_says() {
        String file = FILE.replaceFirst("\\{", "{\"imagePullPolicy\": \"Never\",");
        InjectionSettings settings = InjectionFile.read(file, "mesh-system", "", true);
        ObjectNode pod = (ObjectNode) JsonMapper.shared().readTree("""
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
                 "spec": {"containers": [{"name": "app", "image": "i"}]}}""");

        Injection injected = new Injector(settings).inject(pod, new Placement("shop", Map.of(), true));

        assertThat(((Injection.Changed) injected).object().at("/spec/initContainers").valueStream()
                .map(container -> container.path("imagePullPolicy").asString(""))).containsExactly("Never", "Never");
        assertThatThrownBy(() -> InjectionFile.read(file.replace("Never", "Sometimes"), "mesh-system", "", true))
                .hasMessageContaining("Sometimes");
    }

    @Test
    void a_field_of_the_wrong_kind_is_named() {
        assertThatThrownBy(() -> InjectionFile.read(FILE.replaceFirst("\"cluster\": *\"[^\"]*\"", "\"cluster\": 7"),
                "mesh-system", "", true)).hasMessage("cluster: expected text");
        assertThatThrownBy(() -> InjectionFile.read(FILE.replaceFirst("\"excludeInboundPorts\": *\\[[^\\]]*]",
                "\"excludeInboundPorts\": 9090"), "mesh-system", "", true)).hasMessage("excludeInboundPorts: expected a list");
    }

    @Test
    void a_missing_field_is_named() {
        assertThatThrownBy(() -> InjectionFile.read("{\"image\": \"a\"}", "mesh-system", "", true))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("cluster: missing");
        assertThatThrownBy(() -> InjectionFile.read("{", "mesh-system", "", true))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("no JSON");
    }
}
