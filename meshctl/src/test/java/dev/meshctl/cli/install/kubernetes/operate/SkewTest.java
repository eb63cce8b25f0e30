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

    private static List<Finding> links(String from, String to, LinkedMesh... meshes) {
        return Skew.links("west", from, to, List.of(meshes));
    }

    @ParameterizedTest
    @CsvSource({"1.4.0,1.5.0,1.3.9", "1.4.0,1.5.0,1.7.0", "1.4.0,1.5.0,1.5.0", "1.5.0,1.4.0,1.6.0-rc.1"})
    void a_linked_mesh_that_is_up_to_two_minor_versions_away_goes_with_it(String from, String to, String peer) {
        assertThat(links(from, to, new LinkedMesh("east", true, peer))).containsExactly(
                new Finding("versions of links", Result.PASS, "linked meshes: east " + peer, ""));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "1.4.0 | 1.5.0 | 1.2.0 | it is 1.2.0, 3 minor versions older than 1.5, | first: meshctl upgrade --cluster east --to 1.3.0",
        "1.6.0 | 1.5.1 | 1.8.3 | it is 1.8.3, 3 minor versions newer than 1.5, | stay at 1.6",
        "1.9.0 | 2.0.0 | 1.9.0 | it is 1.9.0, another major version than 2.0,  | first: meshctl upgrade --cluster east --to 1.10.0"})
    void a_move_away_from_a_linked_mesh_is_refused_with_its_name_both_versions_and_the_ways_out(
            String from, String to, String peer, String distance, String way) {
        Finding refused = links(from, to, new LinkedMesh("north", true, to), new LinkedMesh("east", true, peer)).getFirst();

        assertThat(refused.blocks()).isTrue();
        assertThat(refused.text()).isEqualTo("the link to east: " + distance + " and linked meshes may be 2 apart");
        assertThat(refused.next()).isEqualTo(way + ", or end the link: meshctl link remove east --cluster west");
    }

    @Test
    void a_step_towards_a_linked_mesh_is_not_refused_though_it_does_not_reach_it() {
        assertThat(links("1.1.0", "1.2.0", new LinkedMesh("east", true, "1.5.0"))).singleElement().satisfies(finding -> {
            assertThat(finding.result()).isEqualTo(Result.WARN);
            assertThat(finding.text()).contains("it is 1.5.0, 3 minor versions newer than 1.2", "a step towards it");
        });
    }

    @Test
    void what_cannot_be_known_of_a_linked_mesh_warns_and_says_why_it_does_not_refuse() {
        List<Finding> findings = links("1.4.0", "1.5.0", new LinkedMesh("east", false, "1.0.0"),
                new LinkedMesh("north", false, ""), new LinkedMesh("south", true, ""), new LinkedMesh("up", true, "newest"));

        assertThat(findings).extracting(Finding::result).containsOnly(Result.WARN);
        assertThat(findings).extracting(Finding::text).allMatch(text -> text.contains("must not keep others where they are"));
        assertThat(findings).extracting(finding -> finding.text().split(":", 2)[0]).containsExactly(
                "east is not there, and was 1.0.0 when it was heard last", "north is not there",
                "south does not say which version it is of", "up does not say which version it is of");
        assertThat(findings).extracting(Finding::next).contains("once it is back: meshctl verify --cluster west");
    }

    @Test
    void without_links_there_is_nothing_to_say_of_them() {
        assertThat(links("1.4.0", "1.5.0")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"r/meshctl:1.2.0,1.2.0", "r:5000/meshctl,''", "r:5000/meshctl:1.2.0@sha256:ab,1.2.0", "meshctl@sha256:ab,''"})
    void the_version_of_a_proxy_is_the_tag_of_its_image(String image, String tag) {
        assertThat(Proxies.tag(image)).isEqualTo(tag);
    }
}
