package dev.meshctl.cli.command.run;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Signals;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.NamespaceOption;
import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.run.RunArguments;
import dev.meshctl.cli.run.RunSpec;
import dev.meshctl.cli.run.RunningWorkload;
import dev.meshctl.cli.run.SignalRelay;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code run}: a process of this machine as a workload, for as long as it lives. */
@Command(name = "run", description = {
    "Run a command as a workload of a local cluster.",
    "It gets http_proxy for calls into the mesh, and MESHCTL_UPSTREAM_<NAME> for each --upstream.",
    "SIGTERM, SIGINT and SIGHUP let requests under way end, then go on to the command; a second one goes on at once.",
    "Exits as the command does, 128 + n for signal n; 127 when there is no such command."
})
public final class RunCommand extends MeshCommand {
    @Option(names = "--service", required = true, paramLabel = "SERVICE", description = "NAME.NAMESPACE")
    String service;

    @Option(names = "--version", paramLabel = "VERSION", defaultValue = "", description = "of the service, as in v1")
    String version;

    @Option(names = "--port", paramLabel = "[SERVICE_PORT:]APP_PORT",
            description = "where the command listens; service port 80 unless given (without --port: a client only)")
    List<String> ports = new ArrayList<>();

    @Option(names = "--protocol", paramLabel = "http1|http2|tcp", defaultValue = "", description = "default: detected")
    String protocol;

    @Option(names = "--upstream", paramLabel = "[LOCAL:]HOST[:PORT]",
            description = "a listener on this machine for one service, as in 5432:db.shop:5432")
    List<String> upstreams = new ArrayList<>();

    @Option(names = "--drain", paramLabel = "DURATION", defaultValue = "5s",
            description = "how long requests under way may take when it is stopped (default: 5s)")
    String drain;

    @Option(names = "--kill-after", paramLabel = "DURATION", defaultValue = "30s",
            description = "how long the command may take to end on SIGTERM; then it is killed (default: 30s)")
    String killAfter;

    @Parameters(paramLabel = "-- COMMAND", arity = "0..*", description = "and its arguments")
    List<String> command = new ArrayList<>();

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    NamespaceOption namespace = new NamespaceOption();

    RunCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws Exception {
        if (command.isEmpty()) {
            throw CliError.usage("there is no command to run")
                    .next("meshctl run --service " + service + " --port 9001 -- COMMAND ARGUMENT...");
        }
        RunSpec spec = new RunSpec(clusters.one(context()), namespace.service(service), RunArguments.version(version),
                ports.stream().map(port -> RunArguments.port(port, protocol)).toList(),
                upstreams.stream().map(RunArguments::upstream).toList(), command, Map.of(),
                context().environment().workingDirectory(), Optional.empty(), Times.parse(drain, "--drain"),
                Times.parse(killAfter, "--kill-after"));
        SignalRelay relay = new SignalRelay(Thread.currentThread());
        boolean terminal = context().environment().terminals().in();
        // On a terminal Ctrl-C goes to the command as well.
        try (Signals.Registration interrupt = Signals.on("INT", () -> relay.signal("INT", 2, !terminal));
                Signals.Registration terminate = Signals.on("TERM", () -> relay.signal("TERM", 15, true));
                Signals.Registration hangUp = Signals.on("HUP", () -> relay.signal("HUP", 1, true));
                RunningWorkload workload = relay.started(context().workloads().start(spec))) {
            return workload.exit().get();
        } catch (CliError | InterruptedException e) {
            throw relay.early().<Exception>map(code -> CliError.failed("interrupted").exit(code)).orElse(e);
        }
    }
}
