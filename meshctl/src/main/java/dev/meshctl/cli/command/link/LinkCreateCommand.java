package dev.meshctl.cli.command.link;

import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.link.Linker;
import dev.meshctl.cli.output.Times;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code link create}: a one-time token for the other side. */
@Command(name = "create", description = {
    "Make a one-time token that links another mesh with this cluster.",
    "The token alone goes to standard output. Hand it over as a secret: who presents it is linked."
})
final class LinkCreateCommand extends MeshCommand {
    private static final Duration LONGEST = Duration.ofDays(1);

    @Option(names = "--ttl", paramLabel = "DURATION", defaultValue = "1h", description = "1s to 1d (default: 1h)")
    String ttl;

    @Option(names = "--for", paramLabel = "CLUSTER", defaultValue = "", description = "only this cluster may use it")
    String forCluster;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    LinkCreateCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        Duration life = Times.parse(ttl, "--ttl");
        if (life.toSeconds() < 1 || life.compareTo(LONGEST) > 0) {
            throw CliError.usage("--ttl must be 1s to 1d, not " + ttl);
        }
        Cluster cluster = clusters.one(context());
        CreateLinkTokenResponse made = new Linker(context().connections()).create(cluster, life, forCluster);
        context().audit().record(cluster.name(), "link create" + (forCluster.isEmpty() ? "" : " --for " + forCluster));
        if (console().format().isStructured()) {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("token", made.getToken());
            data.put("expires", Instant.ofEpochSecond(made.getExpiresEpochSeconds()).toString());
            console().data(data);
        } else {
            console().out(made.getToken());
            console().err("valid once, until " + Instant.ofEpochSecond(made.getExpiresEpochSeconds())
                    + "; on the other side: meshctl link accept TOKEN");
        }
        return ExitCode.OK;
    }
}
