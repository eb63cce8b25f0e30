package dev.meshctl.cli.command.install;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Version;
import dev.meshctl.cli.command.ChangeOptions;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.install.KubernetesWork.Intent;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.checkpoint.Checkpoint;
import dev.meshctl.cli.install.kubernetes.operate.Installer;
import dev.meshctl.cli.install.kubernetes.operate.Rollback;
import java.util.List;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rollback}: back to a checkpoint. */
@Command(name = "rollback", description = {
    "Restore what was applied to clusters on Kubernetes before: settings, version and objects; what came later is removed.",
    "The CA and the objects that users made are never touched."
})
public final class RollbackCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ChangeOptions change = new ChangeOptions();

    @Mixin
    ApplyOptions apply = new ApplyOptions();

    @Option(names = "--to", paramLabel = "NUMBER", defaultValue = "0",
            description = "which checkpoint, as listed by history (default: the last that worked before the present one)")
    int to;

    RollbackCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = KubernetesOnly.require(context(), clusters.several(context()), "rollback");
        return new KubernetesChange(context(), console(), change, apply, "rollback").run(chosen, (cluster, place) -> {
            Rollback rollback = new Rollback(place);
            Checkpoint target = rollback.target(to > 0 ? OptionalInt.of(to) : OptionalInt.empty());
            return new Intent(Rollback.to(target, apply.conflicts()), rollback.skew(target, Version.current()));
        }, true, (cluster, place, prepared, lane) -> new Installer(place).carryOut(prepared, lane));
    }
}
