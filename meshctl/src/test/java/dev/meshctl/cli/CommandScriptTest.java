package dev.meshctl.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.testing.FakeControlPlane;
import dev.meshctl.cli.testing.FakeServices;
import dev.meshctl.cli.testing.ScriptClusters;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the command lines of {@code scripts/*.txt} against a control plane in memory. A line that starts with
 * {@code >} is a command line, with {@code =} its exit code, with {@code |} a line of standard output, with
 * {@code !} a line of standard error, with {@code <} a line of a file named {@code input}; {@code *} stands for
 * anything. The file {@code kubeconfig} leads to {@link ScriptClusters}.
 */
class CommandScriptTest {
    @TempDir
    Path home;

    private record Step(String command, int exit, List<String> out, List<String> err, List<String> input) {}

    static Stream<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/scripts"))) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void says_and_returns_what_the_script_expects(Path script) throws IOException {
        FakeControlPlane controlPlane =
                new FakeControlPlane(script.toString().contains("reverted") ? "Reverted" : "Succeeded");
        if (script.endsWith("links.txt")) {
            controlPlane.with(LinkView.newBuilder().setPeer("east").setTrustDomain("east.mesh").setPhase("Active")
                            .setPeerVersion("1.3.0").setPeerProtocolLevel(1).build())
                    .with(LinkView.newBuilder().setPeer("north").setTrustDomain("north.mesh").setPhase("Active").build());
        }
        try (ScriptClusters clusters = new ScriptClusters(home)) {
            run(script, controlPlane);
        }
    }

    private void run(Path script, FakeControlPlane controlPlane) throws IOException {
        List<Step> steps = parse(Files.readAllLines(script));
        assertThat(steps).isNotEmpty();
        FakeServices services = new FakeServices(environment(new PrintStream(new ByteArrayOutputStream()),
                new PrintStream(new ByteArrayOutputStream())), controlPlane);
        try (services) {
            for (Step step : steps) {
                run(step, services);
            }
        }
    }

    private void run(Step step, FakeServices services) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        if (!step.input().isEmpty()) {
            Files.write(home.resolve("input"), step.input());
        }
        Environment environment = environment(stream(out), stream(err));
        int code = Main.run(step.command().split(" +"), new Context(environment, services));
        String told = "> " + step.command() + "\n" + out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
        assertThat(code).as(told).isEqualTo(step.exit());
        assertThat(told).as("credentials are never told").doesNotContain(ScriptClusters.TOKEN);
        matches(told, out, step.out());
        matches(told, err, step.err());
    }

    private static void matches(String told, ByteArrayOutputStream actual, List<String> expected) {
        if (expected.isEmpty()) {
            return;
        }
        List<String> lines = actual.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines).as(told).hasSameSizeAs(expected);
        for (int i = 0; i < lines.size(); i++) {
            String pattern = Arrays.stream(expected.get(i).replace("<TAB>", "\t").split("\\*", -1))
                    .map(Pattern::quote).reduce((a, b) -> a + ".*" + b).orElse("");
            assertThat(lines.get(i)).as(told).matches(pattern);
        }
    }

    private Environment environment(PrintStream out, PrintStream err) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString(), "USER", "tester"), home,
                new ByteArrayInputStream(new byte[0]), out, err, Environment.Terminals.NONE, 100);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static List<Step> parse(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        List<String> input = new ArrayList<>();
        for (String line : lines) {
            String rest = line.length() > 2 ? line.substring(2) : "";
            if (line.startsWith("< ")) {
                input.add(rest);
            } else if (line.startsWith("> ")) {
                steps.add(new Step(rest, 0, new ArrayList<>(), new ArrayList<>(), List.copyOf(input)));
                input.clear();
            } else if (line.startsWith("= ")) {
                Step last = steps.removeLast();
                steps.add(new Step(last.command(), Integer.parseInt(rest), last.out(), last.err(), last.input()));
            } else if (line.startsWith("|")) {
                steps.getLast().out().add(rest);
            } else if (line.startsWith("!")) {
                steps.getLast().err().add(rest);
            }
        }
        return steps;
    }
}
