package dev.meshctl.cli.install.kubernetes.values;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.resource.Problem;
import dev.meshctl.cli.install.kubernetes.values.Gateway.Exposure;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ValuesReaderTest {
    @ParameterizedTest
    @EnumSource(Profile.class)
    void every_profile_is_complete_by_itself(Profile profile) throws InvalidValues {
        assertThat(new ValuesReader(profile).read()).isNotNull();
        assertThat(Profile.find(profile.word())).hasValue(profile);
    }

    @Test
    void later_files_go_over_earlier_ones_and_single_settings_over_all() throws InvalidValues {
        Values values = new ValuesReader(Profile.DEFAULT)
                .file("a.yaml", "gateway: {replicas: 4, idleTimeout: 2m, advertise: ['a:1', 'b:2']}")
                .file("b.yaml", "gateway:\n  replicas: 5\n  advertise: ['c:3']\ncontrolPlane:\n")
                .set("gateway.replicas=6")
                .set("gateway.service.annotations.example\\.org/a=b=c")
                .set("scheduling.nodeSelector={pool: mesh}")
                .set("image.tag=1.10")
                .read();

        assertThat(values.gateway().replicas()).isEqualTo(6);
        assertThat(values.gateway().idleTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(values.gateway().advertise()).containsExactly("c:3");
        assertThat(values.gateway().service().annotations()).containsEntry("example.org/a", "b=c");
        assertThat(values.gateway().service().type()).as("untouched").isEqualTo(Exposure.Type.LOAD_BALANCER);
        assertThat(values.scheduling().nodeSelector()).containsEntry("pool", "mesh");
        assertThat(values.image().tag()).isEqualTo("1.10");
        assertThat(values.controlPlane().replicas()).as("an empty group has its defaults").isEqualTo(2);
    }

    @Test
    void groups_in_lists_have_their_defaults() throws InvalidValues {
        Values values = new ValuesReader(Profile.DEFAULT)
                .file("v.yaml", "scheduling: {tolerations: [{operator: Exists}, {key: a, value: b, effect: NoSchedule}]}").read();

        assertThat(values.scheduling().tolerations()).containsExactly(
                new Scheduling.Toleration("", Scheduling.Toleration.Operator.EXISTS, "", Scheduling.Toleration.Effect.ALL),
                new Scheduling.Toleration("a", Scheduling.Toleration.Operator.EQUAL, "b", Scheduling.Toleration.Effect.NO_SCHEDULE));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gateway.replica        | did you mean gateway.replicas?
            gatway                 | did you mean gateway?
            replicas               | did you mean gateway.replicas?
            contolPlane.replicas   | did you mean controlPlane?
            gateway.type           | did you mean gateway.service.type?
            gateway.resources.limit.memory | did you mean gateway.resources.limits?
            network.zzzzzzzz       | known here: ipFamily
            """)
    void an_unknown_setting_is_answered_with_the_one_that_was_meant(String path, String hint) {
        Problem problem = only(new ValuesReader(Profile.DEFAULT).set(path + "=1"));

        assertThat(problem.message()).isEqualTo("unknown setting");
        assertThat(problem.hint()).isEqualTo(hint);
        assertThat(path).startsWith(problem.path());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gateway: {replicas: 0}                    | gateway.replicas | expected a whole number from 1 to 50, found the number 0
            gateway: {replicas: two}                  | gateway.replicas | expected a whole number from 1 to 50, found "two"
            gateway: {replicas: '2'}                  | gateway.replicas | expected a whole number from 1 to 50, found "2"
            gateway: {replicas: 1.5}                  | gateway.replicas | expected a whole number from 1 to 50, found the number 1.5
            gateway: 3                                | gateway | expected a group of settings, found the number 3
            gateway: {enabled: 'true'}                | gateway.enabled | expected true or false, found "true"
            gateway: {advertise: a}                   | gateway.advertise | expected a list of at most 64 items, found "a"
            gateway: {advertise: [a]}                 | gateway.advertise[0] | expected text: HOST:PORT, found "a"
            gateway: {transitSources: [10.0.0.0]}     | gateway.transitSources[0] | expected text: a network such as 10.0.0.0/8, found "10.0.0.0"
            gateway: {service: {type: LoadBalancr}}   | gateway.service.type | expected one of LoadBalancer, NodePort, found "LoadBalancr"
            gateway: {service: {annotations: {a: 1}}} | gateway.service.annotations.a | expected text, found the number 1
            gateway: {service: {annotations: {'a b': c}}} | gateway.service.annotations | expected a name such as example.org/name, found "a b"
            gateway: {service: {type: NodePort, sourceRanges: [10.0.0.0/8]}} | gateway.service.sourceRanges | only for type LoadBalancer
            trustBridge: {svidTtl: 59s}               | trustBridge.svidTtl | expected a duration from 1m to 24h, found "59s"
            trustBridge: {resources: {requests: {memory: 1Gi}}} | trustBridge.resources.requests.memory | 1Gi is more than limits.memory, 256Mi
            trustBridge: {resources: {requests: {memory: lots}}} | trustBridge.resources.requests.memory | expected text: a quantity such as 100m, 0.5 or 256Mi, found "lots"
            image: {tag: 1.10}                        | image.tag | expected text: the tag of an image, found the number 1.10
            image: {repository: ''}                   | image.repository | expected text: the name of an image, without tag, found ""
            image: {digest: sha256:1}                 | image.digest | expected text: sha256: and 64 hexadecimal digits, found "sha256:1"
            revision: {name: A}                       | revision.name | expected text: lower-case letters, digits and inner hyphens, at most 30, found "A"
            scheduling: {tolerations: [{operator: Exists, value: a}]} | scheduling.tolerations[0].value | must be empty with operator Exists
            scheduling: {tolerations: [{valeu: a}]}   | scheduling.tolerations[0].valeu | unknown setting
            """)
    void what_is_wrong_is_told_with_line_path_and_reason(String yaml, String path, String message) {
        Problem problem = only(new ValuesReader(Profile.DEFAULT).file("values.yaml", "# first line\n" + yaml));

        assertThat(problem.path()).isEqualTo(path);
        assertThat(problem.message()).isEqualTo(message);
        assertThat(problem.toString()).startsWith("values.yaml:2:");
    }

    @Test
    void all_problems_of_all_sources_are_told_at_once() {
        InvalidValues invalid = catchThrowableOfType(InvalidValues.class, () -> new ValuesReader(Profile.HA)
                .file("a.yaml", "gateway: {replicas: x}")
                .file("b.yaml", "- a")
                .file("c.yaml", "a: [")
                .file("d.yaml", "image: {tag: a}\nimage: {tag: b}")
                .set("nothing").set("=1").set("a..b=1").set("network.ipFamily=ipv4")
                .read());

        assertThat(invalid.problems()).extracting(Problem::source).containsExactlyInAnyOrder("a.yaml", "b.yaml", "c.yaml",
                "d.yaml", "--set nothing", "--set =1", "--set a..b=1", "--set network.ipFamily=ipv4");
        assertThat(invalid).hasMessageContaining("d.yaml:2:1: image: is there twice");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a: &a [x, x, x, x, x, x, x, x, x, x]
            b: !!java.net.URL [http://example.org]
            """)
    void anchors_and_tags_of_yaml_do_no_harm(String yaml) {
        assertThat(only(new ValuesReader(Profile.DEFAULT).file("v.yaml", yaml)).message()).isEqualTo("unknown setting");
    }

    @Test
    void aliases_that_would_fill_the_memory_are_refused() {
        StringBuilder bomb = new StringBuilder("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 6; i++) {
            bomb.append("l%d: &l%d [%s]\n".formatted(i, i, String.join(", ", Collections.nCopies(10, "*l" + (i - 1)))));
        }

        assertThat(only(new ValuesReader(Profile.DEFAULT).file("v.yaml", bomb.toString())).message())
                .startsWith("not valid YAML: more than 10000 values");
    }

    @Test
    void more_problems_than_anybody_reads_are_counted_only() {
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < 500; i++) {
            yaml.append("unknown").append(i).append(": 1\n");
        }

        InvalidValues invalid = catchThrowableOfType(InvalidValues.class,
                () -> new ValuesReader(Profile.DEFAULT).file("v.yaml", yaml.toString()).read());

        assertThat(invalid.problems()).hasSize(21);
        assertThat(invalid.problems().getLast().message()).isEqualTo("and 480 more problems");
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.0/8, true", "255.255.255.255/32, true", "256.0.0.0/8, false", "10.0.0/8, false", "10.0.0.0/33, false",
        "fd00::/8, true", "::/0, true", "1:2:3:4:5:6:7:8/128, true", "1:2:3:4:5:6:7/64, false", "1::2::3/64, false",
        "g::/8, false", "fd00::/129, false", "1:2:3:4:5:6:7::8/64, false"})
    void networks_are_those_of_both_families(String text, boolean valid) {
        assertThat(Cidr.isValid(text)).isEqualTo(valid);
    }

    @Test
    void quantities_are_compared_by_their_amount() {
        assertThat(Quantity.parse("1000m")).isEqualByComparingTo(Quantity.parse("1"));
        assertThat(Quantity.parse("1Gi")).isGreaterThan(Quantity.parse("1G"));
        assertThat(List.of("", "1x", "-1", "1e3", ".5", "1.").stream().filter(Quantity::isValid)).isEmpty();
    }

    private static Problem only(ValuesReader reader) {
        InvalidValues invalid = catchThrowableOfType(InvalidValues.class, reader::read);
        assertThat(invalid.problems()).hasSize(1);
        return invalid.problems().getFirst();
    }
}
