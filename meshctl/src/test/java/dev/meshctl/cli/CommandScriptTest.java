package dev.meshctl.cli;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.testing.FakeControlPlane;
import dev.meshctl.cli.testing.FakeServices;
import dev.meshctl.cli.testing.Home.Said;
import dev.meshctl.cli.testing.Script;
import dev.meshctl.cli.testing.ScriptClusters;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs the {@link Script}s against a control plane in memory. The file {@code kubeconfig} leads to {@link ScriptClusters}.
 */
class CommandScriptTest {
    @TempDir
    Path home;

    static Stream<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/resources/scripts"))) {
            return files.sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void says_and_returns_what_the_script_expects(Path script) throws IOException {
        FakeControlPlane controlPlane =
                new FakeControlPlane(script.toString().contains("reverted") ? "Reverted"
                        : script.toString().contains("failed") ? "Failed" : "Succeeded");
        if (script.endsWith("links.txt")) {
            controlPlane.with(LinkView.newBuilder().setPeer("east").setTrustDomain("east.mesh").setPhase("Active")
                            .setPeerVersion("1.3.0").setPeerProtocolLevel(1).build())
                    .with(LinkView.newBuilder().setPeer("north").setTrustDomain("north.mesh").setPhase("Active").build());
        }
        PrintStream nobody = stream(new ByteArrayOutputStream());
        FakeServices services = new FakeServices(environment(nobody, nobody), controlPlane);
        try (ScriptClusters clusters = new ScriptClusters(home); services) {
            Script.read(script, "memory").run(home, arguments -> meshctl(services, arguments));
        }
    }

    private Said meshctl(FakeServices services, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(arguments, new Context(environment(stream(out), stream(err)), services));
        return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private Environment environment(PrintStream out, PrintStream err) {
        return new Environment(Map.of("MESHCTL_HOME", home.toString(), "USER", "tester"), home,
                new ByteArrayInputStream(new byte[0]), out, err, Environment.Terminals.NONE, 100);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
