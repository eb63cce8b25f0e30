package dev.meshctl.cli.command.link;

import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.link.Linker;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.output.Times;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code link LEFT RIGHT}: links two clusters that this meshctl reaches both. */
@Command(
        name = "link",
        description = {
            "Link two clusters of the fleet: LEFT makes a one-time token, RIGHT accepts it.",
            "Where nobody reaches both: link create on one side, link accept on the other."
        },
        subcommands = {
            LinkCreateCommand.class, LinkAcceptCommand.class, LinkListCommand.class, LinkRemoveCommand.class
        })
public final class LinkCommand extends MeshCommand {
    private static final Duration TOKEN_TTL = Duration.ofMinutes(5);

    @Parameters(index = "0", paramLabel = "LEFT", arity = "0..1")
    String left;

    @Parameters(index = "1", paramLabel = "RIGHT", arity = "0..1")
    String right;

    @Option(names = "--timeout", paramLabel = "DURATION", defaultValue = "30s", description = "default: 30s")
    String timeout;

    @Mixin
    ChangeOptions change = new ChangeOptions();

    LinkCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws Exception {
        if (left == null || right == null) {
            throw CliError.usage("\"meshctl link\" needs two clusters, or one of: create, accept, list, remove")
                    .next("meshctl link west east");
        }
        Cluster a = context().fleet().require(left);
        Cluster b = context().fleet().require(right);
        if (a.name().equals(b.name())) {
            throw CliError.usage("a cluster cannot be linked with itself");
        }
        Linker linker = new Linker(context().connections());
        Optional<LinkView> old = linker.find(b, a.name());
        if (old.isPresent() && old.get().getPhase().equals("Active") && linker.find(a, b.name()).isPresent()) {
            console().note(a.name() + " and " + b.name() + " are already linked");
            print(a, b, old.get());
            return ExitCode.OK;
        }
        if (!change.confirm(console(), "link " + a.name() + " and " + b.name(), List.of(
                "each trusts the other's bundle (" + a.trustDomain() + ", " + b.trustDomain() + ")",
                "each sees what the other exports"))) {
            return ExitCode.OK;
        }
        link(linker, a, b);
        return ExitCode.OK;
    }

    private void link(Linker linker, Cluster a, Cluster b) throws InterruptedException {
        Duration wait = Times.parse(timeout, "--timeout");
        try (Progress progress = console().progress()) {
            try {
                print(a, b, link(linker, a, b, wait, progress));
            } catch (CliError e) {
                progress.failed("");
                throw e;
            }
        }
    }

    private LinkView link(Linker linker, Cluster a, Cluster b, Duration wait, Progress progress)
            throws InterruptedException {
        Progress.Step step = progress.step("one-time token of " + a.name());
        String token = linker.create(a, TOKEN_TTL, b.name()).getToken();
        step.done("");
        step = progress.step("accepted by " + b.name());
        linker.accept(b, token, false);
        step.done("");
        step = progress.step("link active on both sides");
        LinkView seen = linker.awaitActive(b, a.name(), wait, step::update);
        linker.awaitActive(a, b.name(), wait, step::update);
        step.done(String.join(", ", seen.getAddressesList())
                + (seen.getRttMs() > 0 ? String.format(Locale.ROOT, ", rtt %.1f ms", seen.getRttMs()) : ""));
        context().audit().record(a.name() + "," + b.name(), "link");
        return seen;
    }

    private void print(Cluster a, Cluster b, LinkView link) {
        if (console().format().isStructured()) {
            Map<String, Object> data = new LinkedHashMap<>();
            data.put("left", a.name());
            data.put("right", b.name());
            data.put("phase", link.getPhase());
            console().data(data);
        }
    }
}
