package dev.meshctl.cli.command.install;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ClusterOptions;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.operate.Prepared;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code plan}: what {@code install} would change, as a difference to the live cluster. */
@Command(name = "plan", description = {
    "Show what install would change in clusters on Kubernetes, object by object, as the API server itself says it.",
    "Changes nothing. -o wide also shows new and removed objects as a whole."
}, footer = {"", "Exit codes: 0 nothing would change; 5 something would; 1 a pre-check fails, or a cluster does not answer."})
public final class PlanCommand extends MeshCommand {
    @Mixin
    ClusterOptions clusters = new ClusterOptions();

    @Mixin
    ValuesOptions values = new ValuesOptions();

    @Mixin
    ApplyOptions apply = new ApplyOptions();

    @Option(names = "--with-crds", paramLabel = "FILE", description = "as of install")
    List<String> crds = new ArrayList<>();

    PlanCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        List<Cluster> chosen = KubernetesOnly.require(context(), clusters.several(context()), "plan");
        InstallIntents intents = new InstallIntents(values.read(context().environment()), apply.conflicts(), crds,
                context().environment());
        KubernetesWork work = new KubernetesWork(context(), console(), apply.patience());
        EachCluster.Outcome<Prepared> prepared = work.prepare(chosen, intents);
        ChangeReport.print(console(), prepared.done());
        work.tell(prepared.done());
        work.allowed(prepared, apply.ignorePrechecks).throwFailure("plan");
        return prepared.done().values().stream().allMatch(each -> each.changes().isEmpty()) ? ExitCode.OK : ExitCode.CHANGES;
    }
}
