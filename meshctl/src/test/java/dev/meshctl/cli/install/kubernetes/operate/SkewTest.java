package dev.meshctl.cli.install.kubernetes.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.install.kubernetes.precheck.Finding;
import dev.meshctl.cli.verify.Result;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SkewTest {
    @ParameterizedTest
    @CsvSource({"1.4.0,1.3.7,1.4.0", "1.4.2,1.4.0,1.4.1", "1.4.0,1.4.0,1.3.0", "1.4.0,,1.4.0", "1.4.0,,1.3.0"})
    void neighbours_go_together(String cli, String from, String to) {
        assertThat(Skew.check(cli, from == null ? "" : from, to, Map.of())).extracting(Finding::result).containsExactly(Result.PASS);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1.3.0 | 1.3.0 | 1.4.0 | does not know what 1.4 needs",
        "1.4.0 | 1.2.0 | 1.2.1 | is too old for it",
        "1.4.0 | 1.2.0 | 1.4.0 | leave a minor version out",
        "1.4.0 | 1.5.0 | 1.3.0 | more than one minor version older",
        "2.0.0 | 1.9.0 | 1.9.1 | is too old for it"})
    void what_is_farther_apart_is_refused_with_the_reason(String cli, String from, String to, String reason) {
        List<Finding> findings = Skew.check(cli, from, to, Map.of());

        assertThat(findings).filteredOn(Finding::blocks).extracting(Finding::text).anyMatch(text -> text.contains(reason));
        assertThat(findings).filteredOn(Finding::blocks).allMatch(finding -> !finding.next().isEmpty());
    }

    @Test
    void what_cannot_be_compared_is_unknown_and_never_taken_for_good() {
        assertThat(Skew.check("dev", "0.2.0", "0.2.0", Map.of())).extracting(Finding::result).containsExactly(Result.UNKNOWN);
        assertThat(Skew.check("0.2.0", "", "latest", Map.of())).extracting(Finding::result).containsExactly(Result.UNKNOWN);
    }

    @ParameterizedTest
    @CsvSource({"r/meshctl:1.2.0,1.2.0", "r:5000/meshctl,''", "r:5000/meshctl:1.2.0@sha256:ab,1.2.0", "meshctl@sha256:ab,''"})
    void the_version_of_a_proxy_is_the_tag_of_its_image(String image, String tag) {
        assertThat(Proxies.tag(image)).isEqualTo(tag);
    }
}
