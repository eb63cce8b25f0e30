package dev.meshctl.control.registry.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PodViewTest {
    @Test
    void the_version_label_comes_before_that_of_charts_and_is_folded_into_a_dns_label() {
        assertThat(PodView.version(Map.of("version", "v2", "app.kubernetes.io/version", "9"))).isEqualTo("v2");
        assertThat(PodView.version(Map.of("app.kubernetes.io/version", "1.2.3_RC1"))).isEqualTo("1-2-3-rc1");
        assertThat(PodView.version(Map.of())).isEmpty();
    }
}
