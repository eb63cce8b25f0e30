package dev.meshctl.cli.testing;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.Main;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.testing.TestCluster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What one person has: a {@code MESHCTL_HOME} whose fleet knows some of the clusters that run. */
public final class Home {
    private final Path directory;

    /** How a command line ended, and what it said. */
    public record Said(int code, String out, String err) {}

    /** @param directory an empty one */
    public Home(Path directory, TestCluster... clusters) throws IOException {
        this.directory = directory;
        FleetFile fleet = new FleetFile(environment(System.out, System.err));
        for (TestCluster cluster : clusters) {
            Path data = fleet.directoryOf(cluster.name());
            Files.createDirectories(data.getParent());
            Files.createSymbolicLink(data, cluster.directory());
            Map<String, String> listen = new TreeMap<>();
            for (String listener : List.of(Cluster.TRUST_SIGNING, Cluster.TRUST_BUNDLE, Cluster.CONTROL_API,
                    Cluster.GATEWAY_EAST_WEST, Cluster.PROXY_ADMIN)) {
                listen.put(listener, cluster.address(listener).toString());
            }
            fleet.update(known -> known.with(new Cluster(
                    cluster.name(), TrustDomain.ofCluster(cluster.name()), new Place.Local("", listen, "", ""), data)));
        }
    }

    /** Runs a command line in this JVM. */
    public Said meshctl(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (Context context = Context.of(environment(stream(out), stream(err)))) {
            int code = Main.run(arguments, context);
            return new Said(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        }
    }

    /** A command line as a process of its own, which takes signals. What it says goes to a file. */
    public Process start(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().put("MESHCTL_HOME", directory.toString());
        return builder.start();
    }

    private Environment environment(PrintStream out, PrintStream err) {
        return new Environment(Map.of("MESHCTL_HOME", directory.toString(), "USER", "tester", "PATH", "/usr/bin:/bin"),
                directory, new ByteArrayInputStream(new byte[0]), out, err, Environment.Terminals.NONE, 100);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}
