package dev.meshctl.cli.demo;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.run.RunSpec;
import dev.meshctl.sample.SampleService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sample service in a process of its own.
 *
 * @param service its name in namespace {@code shop}
 * @param extra more flags of {@link SampleService}
 */
record SampleProcess(Cluster cluster, String service, String version, List<String> extra) {
    SampleProcess {
        extra = List.copyOf(extra);
    }

    String key() {
        return cluster.name() + "/" + service + "/" + version;
    }

    /** How to run it: on a free port, with its output in a file. */
    RunSpec spec(Path logs) throws DemoFailure {
        int port = freePort();
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss512k", "-Xmx64m",
                "-cp", classPath(), SampleService.class.getName(),
                "--name", service, "--version", version, "--port", String.valueOf(port)));
        command.addAll(extra);
        return new RunSpec(cluster, new ServiceName(service, Resources.NAMESPACE), version,
                List.of(new RunSpec.Port(80, port, "http1")), List.of(), command, Map.of(), Path.of("").toAbsolutePath(),
                Optional.of(logs.resolve(key().replace('/', '-') + ".log")), Duration.ofMillis(500));
    }

    private static String classPath() throws DemoFailure {
        try {
            return Path.of(SampleService.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        } catch (java.net.URISyntaxException e) {
            throw new DemoFailure("the sample services are not on a file system", e);
        }
    }

    private static int freePort() throws DemoFailure {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        } catch (IOException e) {
            throw new DemoFailure("no port is free: " + e.getMessage(), e);
        }
    }

    /** The port that the command of a spec listens on. */
    static int appPort(RunSpec spec) {
        return spec.ports().getFirst().appPort();
    }
}
