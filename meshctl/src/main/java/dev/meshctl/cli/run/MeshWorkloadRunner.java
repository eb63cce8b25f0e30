package dev.meshctl.cli.run;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Runs processes as workloads that the cluster's proxy hosts. */
public final class MeshWorkloadRunner implements WorkloadRunner {
    private final Environment environment;
    private final Connections connections;

    public MeshWorkloadRunner(Environment environment, Connections connections) {
        this.environment = environment;
        this.connections = connections;
    }

    @Override
    public RunningWorkload start(RunSpec spec) {
        if (!spec.command().isEmpty()) {
            requireCommand(spec);
            requireFreePorts(spec);
        }
        SpiffeId id = new SpiffeId(spec.cluster().trustDomain(), spec.service().namespace(), spec.service().name());
        Hosting hosting = new Hosting(spec, id, connections, environment.err()::println);
        hosting.begin();
        try {
            Optional<Process> process = spec.command().isEmpty() ? Optional.empty() : Optional.of(launch(spec, hosting));
            return new HostedProcess(spec, hosting, process);
        } catch (CliError e) {
            hosting.end();
            throw e;
        }
    }

    private void requireCommand(RunSpec spec) {
        String command = spec.command().getFirst();
        List<Path> candidates = command.indexOf('/') >= 0
                ? List.of(spec.workingDirectory().resolve(command))
                : Arrays.stream(environment.variable("PATH").orElse("/usr/bin:/bin").split(":"))
                        .map(directory -> Path.of(directory).resolve(command)).toList();
        if (candidates.stream().anyMatch(file -> Files.isRegularFile(file) && Files.isExecutable(file))) {
            return;
        }
        Optional<Path> present = candidates.stream().filter(Files::exists).findFirst();
        if (present.isPresent()) {
            throw CliError.failed("cannot run \"" + command + "\"").exit(ExitCode.COMMAND_NOT_EXECUTABLE)
                    .because(Files.isDirectory(present.get()) ? "it is a directory" : "it is not executable")
                    .next(Files.isDirectory(present.get()) ? "name a program" : "chmod +x " + present.get());
        }
        throw notFound(command, "no such program");
    }

    private static CliError notFound(String command, String why) {
        return CliError.failed("cannot run \"" + command + "\"").because(why).exit(ExitCode.COMMAND_NOT_FOUND)
                .next("check its spelling and PATH");
    }

    private static void requireFreePorts(RunSpec spec) {
        for (RunSpec.Port port : spec.ports()) {
            try (ServerSocket socket = new ServerSocket()) {
                socket.setReuseAddress(true);
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port.appPort()));
            } catch (IOException e) {
                throw CliError.failed("port " + port.appPort() + " is in use").at("127.0.0.1:" + port.appPort())
                        .because("another process listens there, so the application could not")
                        .next("stop it, or give the application another port").from(e);
            }
        }
    }

    private Process launch(RunSpec spec, Hosting hosting) {
        ProcessBuilder builder = new ProcessBuilder(spec.command()).directory(spec.workingDirectory().toFile());
        builder.environment().clear();
        builder.environment().putAll(environment.variables());
        builder.environment().putAll(meshVariables(hosting.now(), environment.variables()));
        builder.environment().putAll(spec.environment());
        spec.log().ifPresentOrElse(
                log -> builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()))
                        .redirectInput(Redirect.from(Path.of("/dev/null").toFile())),
                builder::inheritIO);
        try {
            return builder.start();
        } catch (IOException e) {
            throw notFound(spec.command().getFirst(), String.valueOf(e.getMessage())).from(e);
        }
    }

    /**
     * How a child that knows nothing of the mesh finds it.
     *
     * @param before its variables without the mesh
     */
    static Map<String, String> meshVariables(Hosted hosted, Map<String, String> before) {
        Map<String, String> variables = new HashMap<>();
        String proxy = "http://" + hosted.getOutboundAddress();
        variables.put("http_proxy", proxy);
        variables.put("HTTP_PROXY", proxy);
        String direct = direct(hosted, before);
        variables.put("no_proxy", direct);
        variables.put("NO_PROXY", direct);
        hosted.getUpstreamsList().forEach(upstream -> {
            String[] labels = upstream.getHost().split("\\.");
            String name = labels[0].toUpperCase(Locale.ROOT).replace('-', '_');
            variables.putIfAbsent("MESHCTL_UPSTREAM_" + name, upstream.getListenAddress());
        });
        return variables;
    }

    // Without the addresses of its own listeners, a call to an upstream would go to the proxy twice.
    private static String direct(Hosted hosted, Map<String, String> before) {
        Set<String> hosts = new LinkedHashSet<>(List.of("localhost", "127.0.0.1"));
        hosted.getUpstreamsList().forEach(upstream -> hosts.add(HostPort.parse(upstream.getListenAddress()).host()));
        for (String name : List.of("no_proxy", "NO_PROXY")) {
            Arrays.stream(before.getOrDefault(name, "").split(",")).map(String::strip)
                    .filter(host -> !host.isEmpty()).forEach(hosts::add);
        }
        return String.join(",", hosts);
    }
}
