package dev.meshctl.control.admission;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.control.admission.inject.Injection;
import dev.meshctl.control.admission.manifest.Manifests.Outcome;
import dev.meshctl.control.admission.manifest.Manifests.Rendered;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What injection makes of pods as people write them, character by character. {@code -Dgolden.refresh=true} writes the
 * expected texts anew; what must come of each shape is said here, so that refreshing cannot bless doing nothing.
 */
class InjectionGoldenTest {
    private static final Path GOLDEN = PodShapes.DIRECTORY.resolve("golden");

    private static final Map<String, List<String>> EXPECTED = Map.ofEntries(
            entry("bare-pod-no-ports", List.of("injected")),
            entry("broken-annotations", List.of("refused")),
            entry("cronjob", List.of("injected")),
            entry("daemonset-hostpath", List.of("injected")),
            entry("every-probe", List.of("injected")),
            entry("grpc-server", List.of("injected")),
            entry("host-network", List.of("host-network")),
            entry("init-migrations", List.of("injected")),
            entry("istio-annotations-left", List.of("injected")),
            entry("istio-injected", List.of("other-mesh")),
            entry("job-never", List.of("injected")),
            entry("kube-system", List.of("system-namespace")),
            entry("list-of-everything", List.of("not-a-workload", "injected", "opted-out")),
            entry("many-documents", List.of("not-a-workload", "not-a-workload", "injected", "opted-out")),
            entry("multi-container-named-ports", List.of("injected")),
            entry("nginx-deployment", List.of("injected")),
            entry("opted-out", List.of("opted-out")),
            entry("own-native-sidecar", List.of("injected")),
            entry("own-proxy-container", List.of("own-sidecar")),
            entry("postgres-statefulset", List.of("injected")),
            entry("proxy-port", List.of("refused")),
            entry("proxy-user", List.of("refused")),
            entry("redis-exec-probes", List.of("injected")),
            entry("restricted-distroless", List.of("injected")),
            entry("same-volume-names", List.of("injected")),
            entry("shared-process-namespace", List.of("injected")),
            entry("static-mirror", List.of("static-pod")),
            entry("tuned", List.of("injected")),
            entry("unknown-fields", List.of("injected")),
            entry("windows", List.of("windows")));

    static List<String> shapes() {
        return PodShapes.names();
    }

    @Test
    void every_shape_has_an_expected_outcome() {
        assertThat(PodShapes.names()).containsExactlyElementsOf(EXPECTED.keySet().stream().sorted().toList());
        assertThat(EXPECTED.values().stream().filter(outcomes -> outcomes.contains("injected"))).hasSizeGreaterThanOrEqualTo(20);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void a_shape_becomes_what_its_golden_file_says(String shape) throws Exception {
        Rendered rendered = PodShapes.inject(shape);

        assertThat(rendered.outcomes().stream().map(o -> word(o.injection()))).containsExactlyElementsOf(EXPECTED.get(shape));
        boolean injected = EXPECTED.get(shape).contains("injected");
        if (injected) {
            assertThat(rendered.text()).contains("name: meshctl-proxy", "MESHCTL_TOKEN_FILE", "serviceAccountToken");
        } else {
            assertThat(rendered.text()).isEqualTo(PodShapes.text(shape));
        }
        String golden = rendered.outcomes().stream().map(InjectionGoldenTest::said).collect(Collectors.joining())
                + (injected ? rendered.text() : "");
        Path file = GOLDEN.resolve(shape + ".yaml");
        if (Boolean.getBoolean("golden.refresh")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, golden);
        }
        assertThat(golden).isEqualTo(Files.readString(file));
    }

    private static String word(Injection injection) {
        return switch (injection) {
            case Injection.Changed changed -> "injected";
            case Injection.LeftAlone alone -> alone.reason().word();
            case Injection.Refused refused -> "refused";
        };
    }

    private static String said(Outcome outcome) {
        String first = "# line %d, %s: %s\n".formatted(outcome.line(), outcome.object(), word(outcome.injection()));
        return first + switch (outcome.injection()) {
            case Injection.Changed changed -> lines(changed.warnings());
            case Injection.LeftAlone alone -> lines(List.of(alone.because()));
            case Injection.Refused refused -> lines(refused.faults());
        };
    }

    private static String lines(List<?> lines) {
        return lines.stream().map("#   %s\n"::formatted).collect(Collectors.joining());
    }
}
