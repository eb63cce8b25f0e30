package dev.meshctl.cli.command.proxy;

import dev.meshctl.api.proto.proxy.ConfigRequest;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.connect.RpcFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import io.grpc.StatusRuntimeException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code proxy config}: what the proxy of a cluster has in use. */
@Command(name = "config", description = "Print the configuration that the proxy of a cluster has in use (JSON, or YAML with -o yaml).")
final class ProxyConfigCommand extends MeshCommand {
    @Parameters(paramLabel = "WORKLOAD", arity = "0..1", defaultValue = "", description = "id of a workload (default: everything)")
    String workload;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    ProxyConfigCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Cluster cluster = clusters.one(context());
        try {
            JsonNode config = JsonMapper.shared().readTree(context().connections().proxy(cluster)
                    .config(ConfigRequest.newBuilder().setWorkload(workload).build()).getJson());
            Console console = console().format() == OutputFormat.YAML ? console() : context().console(OutputFormat.JSON);
            console.data(config);
            return ExitCode.OK;
        } catch (StatusRuntimeException e) {
            throw RpcFailure.of(e, "cannot read the configuration" + (workload.isEmpty() ? "" : " of " + workload),
                    "proxy", cluster);
        }
    }
}
