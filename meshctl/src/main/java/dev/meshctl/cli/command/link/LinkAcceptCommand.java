package dev.meshctl.cli.command.link;

import dev.meshctl.api.proto.admin.AcceptLinkResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.link.Linker;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Times;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code link accept}: takes the other side's token and waits for the link. */
@Command(name = "accept", description = "Accept the token that the other side made with link create.")
final class LinkAcceptCommand extends MeshCommand {
    @Parameters(paramLabel = "TOKEN", description = "the token, or - to read it from standard input")
    String token;

    @Option(names = "--timeout", paramLabel = "DURATION", defaultValue = "30s", description = "default: 30s")
    String timeout;

    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    LinkAcceptCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws Exception {
        String presented = token.equals("-") ? readToken() : token.strip();
        Cluster cluster = clusters.one(context());
        Linker linker = new Linker(context().connections());
        AcceptLinkResponse peer = linker.accept(cluster, presented, true);
        if (!change.confirm(console(), "link " + cluster.name() + " and " + peer.getPeer(), List.of(
                "trusts the bundle of " + peer.getTrustDomain(),
                "its gateway dials " + String.join(", ", peer.getAddressesList())))) {
            return ExitCode.OK;
        }
        try (Progress progress = console().progress()) {
            Progress.Step step = progress.step("link with " + peer.getPeer());
            LinkView link = established(linker, cluster, presented, peer.getPeer(), step);
            step.done("active, " + peer.getTrustDomain());
            context().audit().record(cluster.name(), "link accept from " + peer.getPeer());
            if (console().format().isStructured()) {
                Map<String, Object> data = new LinkedHashMap<>();
                data.put("peer", link.getPeer());
                data.put("trustDomain", link.getTrustDomain());
                data.put("phase", link.getPhase());
                console().data(data);
            }
        }
        return ExitCode.OK;
    }

    private LinkView established(Linker linker, Cluster cluster, String presented, String peer, Progress.Step step)
            throws InterruptedException {
        try {
            linker.accept(cluster, presented, false);
            return linker.awaitActive(cluster, peer, Times.parse(timeout, "--timeout"), step::update);
        } catch (CliError e) {
            step.failed("");
            throw e;
        }
    }

    private String readToken() throws IOException {
        String line = new BufferedReader(
                new InputStreamReader(context().environment().in(), StandardCharsets.UTF_8)).readLine();
        if (line == null || line.isBlank()) {
            throw CliError.usage("standard input has no token");
        }
        return line.strip();
    }
}
