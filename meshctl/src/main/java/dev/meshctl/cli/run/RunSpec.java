package dev.meshctl.cli.run;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.cli.fleet.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process to run as a workload.
 *
 * @param version may be empty
 * @param ports none: a client only
 * @param command none: nothing is started, only hosted
 * @param environment added to that of this process
 * @param log where standard output and error of the command go (appended); empty: inherited, with input
 * @param drain how long open connections may take on stop, zero or more
 * @param killAfter how long the command may take to end once it was told to (SIGTERM); then it is killed
 */
public record RunSpec(
        Cluster cluster,
        ServiceName service,
        String version,
        List<Port> ports,
        List<UpstreamSpec> upstreams,
        List<String> command,
        Map<String, String> environment,
        Path workingDirectory,
        Optional<Path> log,
        Duration drain,
        Duration killAfter) {
    /** What orchestrators give a process to end. */
    public static final Duration KILL_AFTER = Duration.ofSeconds(30);

    public RunSpec {
        ports = List.copyOf(ports);
        upstreams = List.copyOf(upstreams);
        command = List.copyOf(command);
        environment = Map.copyOf(environment);
    }

    /** With the usual time to end. */
    public RunSpec(
            Cluster cluster,
            ServiceName service,
            String version,
            List<Port> ports,
            List<UpstreamSpec> upstreams,
            List<String> command,
            Map<String, String> environment,
            Path workingDirectory,
            Optional<Path> log,
            Duration drain) {
        this(cluster, service, version, ports, upstreams, command, environment, workingDirectory, log, drain, KILL_AFTER);
    }

    /**
     * A port of the service and the port that the application listens on.
     *
     * @param protocol {@code http1}, {@code http2}, {@code tcp}, or empty to detect
     */
    public record Port(int servicePort, int appPort, String protocol) {}

    /**
     * A listener of its own for one service.
     *
     * @param localPort 0: any
     */
    public record UpstreamSpec(int localPort, String host, int port) {}
}
