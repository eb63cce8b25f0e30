package dev.meshctl.cli.command.install;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.install.KubernetesWork.Intent;
import dev.meshctl.cli.command.install.VerifyVerdict.Before;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoints;
import dev.meshctl.cli.install.kubernetes.checkpoint.GivenValues;
import dev.meshctl.cli.install.kubernetes.operate.GuardedUpgrade;
import dev.meshctl.cli.install.kubernetes.operate.TargetCluster;
import dev.meshctl.cli.install.kubernetes.operate.Upgrade;
import dev.meshctl.cli.install.kubernetes.operate.Verdict;
import dev.meshctl.cli.install.kubernetes.operate.Wanted;
import dev.meshctl.cli.output.Progress;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code upgrade}: another version, in place or beside the first. */
@Command(name = "upgrade", description = {
    "Move clusters on Kubernetes to another version; the difference is shown first.",
    "An upgrade after which verify fails is taken back by itself. Values that are given go over those of before."
}, footer = {"", "Exit codes: 0 upgraded; 3 taken back; 4 upgraded, and verify could not run; 1 failed."})
public final class UpgradeCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    @Mixin
    ValuesOptions values = new ValuesOptions();

    @Mixin
    ApplyOptions apply = new ApplyOptions();

    @Option(names = "--to", paramLabel = "VERSION", description = "the version (default: that of this meshctl)")
    String to = "";

    @Option(names = "--revision", paramLabel = "NAME",
            description = "install it as a second control plane of this name; namespaces choose it by the label meshctl.dev/revision")
    String revision = "";

    @Option(names = "--promote", description = "make the control plane of --revision the one that serves whoever names none")
    boolean promote;

    @Option(names = "--no-verify", description = "do not check the mesh afterwards")
    boolean unverified;

    @Option(names = "--settle", paramLabel = "SECONDS", defaultValue = "60",
            description = "how long the mesh may take to pass the checks afterwards (default: ${DEFAULT-VALUE})")
    int settleSeconds = 60;

    @Option(names = "--no-rollback", description = "leave an upgrade that does not work, to look at it")
    boolean stay;

    UpgradeCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = KubernetesOnly.require(context(), clusters.several(context()), "upgrade");
        GivenValues given = values.read(context().environment());
        if (settleSeconds < 0 || settleSeconds > 3600) {
            throw CliError.usage("--settle must be 0 to 3600 seconds");
        }
        if (promote && (revision.isEmpty() || !to.isEmpty() || !given.isEmpty())) {
            throw CliError.usage("--promote needs --revision, and neither --to nor values")
                    .next("meshctl upgrade --promote --revision NAME");
        }
        return new KubernetesChange(context(), console(), change, apply, "upgrade").run(chosen,
                (cluster, place) -> intent(place, given), true,
                (cluster, place, prepared, lane) -> guarded(cluster, place, lane)
                        .carryOut(prepared, Checkpoints.lastGood(prepared.history()), lane));
    }

    private Intent intent(TargetCluster place, GivenValues given) {
        Upgrade upgrade = new Upgrade(place, Version.current());
        Wanted wanted = promote ? upgrade.promote(revision, apply.conflicts())
                : revision.isEmpty() ? upgrade.inPlace(target(), given, apply.conflicts())
                        : upgrade.beside(revision, target(), given, apply.conflicts());
        return new Intent(wanted, upgrade.skew(wanted));
    }

    private String target() {
        return to.isEmpty() ? Version.current() : to;
    }

    private GuardedUpgrade guarded(Cluster cluster, TargetCluster place, Progress lane) {
        return new GuardedUpgrade(place, verify(cluster, place, lane), !stay, Duration.ofSeconds(settleSeconds));
    }

    private Supplier<Verdict> verify(Cluster cluster, TargetCluster place, Progress lane) {
        if (unverified) {
            return () -> new Verdict.Passed("not asked for");
        }
        Before before = Before.of(context(), cluster, Upgrade.linksAway(place), lane);
        return new VerifyVerdict(context(), cluster, before)::now;
    }
}
