package dev.meshctl.cli.command.trust;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.FileFailure;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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
        try {
            console().out(Files.readString(cluster.bundleFile()).strip());
            return ExitCode.OK;
        } catch (NoSuchFileException e) {
            throw CliError.failed("cluster " + cluster.name() + " has no bundle").because("it is not installed")
                    .next("meshctl install --cluster " + cluster.name());
        } catch (IOException e) {
            throw CliError.failed("cannot read the bundle").at(cluster.bundleFile().toString()).because(FileFailure.reason(e));
        }
    }
}
