package dev.meshctl.cli.command.proxy;

import dev.meshctl.api.proto.proxy.LogResponse;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.output.Style;
import dev.meshctl.cli.output.Times;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.proxy.ProxyLogs;
import dev.meshctl.cli.proxy.ProxyRef;
import dev.meshctl.runtime.daemon.LogLevels;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code proxy log}: what a proxy says, and how much of it. */
@Command(name = "log", aliases = "logs", description = {
    "Print the log of a proxy; of several, each line after the name of its proxy.",
    "--level lets it say more or less for a while instead; it goes back by itself."})
final class ProxyLogCommand extends MeshCommand {
    private static final int MAX_LINES = 100_000;

    @Mixin
    WorkloadArgument target = new WorkloadArgument();

    @Option(names = {"-f", "--follow"}, description = "go on with what it says from now on")
    boolean follow;

    @Option(names = "--tail", paramLabel = "N", defaultValue = "100", description = "the last so many lines (default: ${DEFAULT-VALUE})")
    int tail = 100;

    @Option(names = {"-p", "--previous"}, description = "of the container before the present one")
    boolean previous;

    @Option(names = "--level", paramLabel = "LEVEL", description = "debug, info, warn, error, or reset for as it was started")
    String level = "";

    @Option(names = "--for", paramLabel = "DURATION", defaultValue = "10m",
            description = "how long the level holds, 1h at most (default: ${DEFAULT-VALUE})")
    String length = "10m";

    ProxyLogCommand(Context context) {
        super(context);
    }

    @Override
    protected boolean supports(OutputFormat format) {
        return format == OutputFormat.TABLE;
    }

    @Override
    protected int run() throws InterruptedException {
        if (tail < 0 || tail > MAX_LINES) {
            throw CliError.usage("--tail must be 0 to " + MAX_LINES);
        }
        if (follow && previous) {
            throw CliError.usage("--follow and --previous exclude each other").because("a container that ended says nothing more");
        }
        Duration bounded = checkedLevel();
        FleetProxies proxies = new FleetProxies(context().connections(), context().kubernetes());
        ProxyLogs logs = new ProxyLogs(proxies, context().kubernetes());
        List<ProxyRef> found = target.find(context(), console(), proxies);
        return level.isEmpty() ? read(logs, found) : change(logs, found, bounded);
    }

    private Duration checkedLevel() {
        if (!level.isEmpty() && !level.equals("reset") && !LogLevels.WORDS.contains(level)) {
            throw CliError.usage("there is no log level \"" + level + "\"").next("use " + String.join(", ", LogLevels.WORDS) + " or reset");
        }
        Duration asked = Times.parse(length, "--for");
        if (asked.compareTo(Duration.ofSeconds(1)) < 0 || asked.compareTo(LogLevels.MAX) > 0) {
            throw CliError.usage("--for must be 1s to 1h");
        }
        return asked;
    }

    private int change(ProxyLogs logs, List<ProxyRef> found, Duration bounded) {
        WorkloadArgument.Answers<String> answers = WorkloadArgument.ask(found, proxy -> {
            LogResponse now = logs.level(proxy, level.equals("reset") ? "" : level, bounded);
            return proxy.name() + ": " + (now.getUntilEpochMs() == 0 ? "as it was started"
                    : now.getLevel() + " until " + Instant.ofEpochMilli(now.getUntilEpochMs()).truncatedTo(ChronoUnit.SECONDS));
        });
        answers.given().forEach(console()::out);
        return answers.end(console());
    }

    private int read(ProxyLogs logs, List<ProxyRef> found) throws InterruptedException {
        Console console = console();
        ProxyLogs.Extent extent = new ProxyLogs.Extent(tail, follow, previous);
        if (found.size() == 1) {
            logs.read(found.getFirst(), extent, console::out);
            return 0;
        }
        if (found.getFirst() instanceof ProxyRef.Hosting) {
            // They share one proxy, which has one log.
            logs.read(found.getFirst(), extent, console::out);
            return 0;
        }
        return readAll(logs, found, extent, console);
    }

    private static int readAll(ProxyLogs logs, List<ProxyRef> found, ProxyLogs.Extent extent, Console console)
            throws InterruptedException {
        List<FutureTask<Integer>> readers = new ArrayList<>();
        for (ProxyRef proxy : found) {
            FutureTask<Integer> reader = new FutureTask<>(() -> {
                String name = console.paint(Style.DIM, proxy.name()) + " ";
                logs.read(proxy, extent, line -> {
                    synchronized (console) {
                        console.out(name + line);
                    }
                });
                return 0;
            });
            Thread.ofVirtual().name("log-" + proxy.name()).start(reader);
            readers.add(reader);
            if (!extent.follow()) {
                // One after the other, so that their lines stay together.
                awaited(reader, new ArrayList<>());
            }
        }
        List<CliError> missing = new ArrayList<>();
        for (FutureTask<Integer> reader : readers) {
            awaited(reader, missing);
        }
        return new WorkloadArgument.Answers<>(found, missing).end(console);
    }

    private static void awaited(FutureTask<Integer> reader, List<CliError> missing) throws InterruptedException {
        try {
            reader.get();
        } catch (ExecutionException e) {
            missing.add(e.getCause() instanceof CliError error ? error
                    : CliError.failed("cannot read a log").because(String.valueOf(e.getCause())).from(e));
        }
    }
}
