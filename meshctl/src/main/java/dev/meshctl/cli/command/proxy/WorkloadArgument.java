package dev.meshctl.cli.command.proxy;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.proxy.ProxyRef;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which proxies a command asks; a mixin. */
final class WorkloadArgument {
    @Parameters(paramLabel = "WORKLOAD", arity = "0..1", defaultValue = "", description = {
        "NAMESPACE/NAME or NAME.NAMESPACE of a pod or workload, as much of the name as is unique, or a service for all of"
                + " its proxies (default on a local cluster: the whole proxy)"})
    String workload = "";

    @Option(names = {"-n", "--namespace"}, paramLabel = "NAMESPACE", defaultValue = "",
            description = "namespace of a name without one (default: any)")
    String namespace = "";

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    Cluster cluster(Context context) {
        return clusters.one(context);
    }

    /** At least one, and {@link FleetProxies#MAX_FOUND} at most; says so when there are more. */
    List<ProxyRef> find(Context context, Console console, FleetProxies proxies) {
        List<ProxyRef> found = proxies.find(cluster(context), workload, namespace);
        if (found.size() <= FleetProxies.MAX_FOUND) {
            return found;
        }
        console.warn("%s has %d proxies; the first %d are asked".formatted(workload, found.size(), FleetProxies.MAX_FOUND));
        return found.subList(0, FleetProxies.MAX_FOUND);
    }

    /** What each of some proxies answers, or why it does not. */
    record Answers<T>(List<T> given, List<CliError> missing) {
        /** Tells what is missing. Returns the exit code. */
        int end(Console console) {
            missing.forEach(console::error);
            return missing.stream().mapToInt(CliError::exitCode).max().orElse(0);
        }
    }

    /** @throws CliError if it is only one and does not answer */
    static <T> Answers<T> ask(List<ProxyRef> proxies, Function<ProxyRef, T> question) {
        List<T> given = new ArrayList<>();
        List<CliError> missing = new ArrayList<>();
        for (ProxyRef proxy : proxies) {
            try {
                given.add(question.apply(proxy));
            } catch (CliError e) {
                if (proxies.size() == 1) {
                    throw e;
                }
                missing.add(e);
            }
        }
        return new Answers<>(given, missing);
    }
}
