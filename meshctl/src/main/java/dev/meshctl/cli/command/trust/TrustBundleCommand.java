package dev.meshctl.cli.command.trust;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.SpiffeJson;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code trust bundle}: the bundle of a mesh as a SPIFFE document, for whoever federates by hand. */
@Command(name = "bundle", description = "Print the bundle of a mesh as a SPIFFE bundle document (JSON).")
final class TrustBundleCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    TrustBundleCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Cluster cluster = clusters.one(context());
        console().out(new String(SpiffeJson.write(context().connections().bundle(cluster)), StandardCharsets.UTF_8).strip());
        return ExitCode.OK;
    }
}
