package dev.meshctl.cli.command.proxy;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.proxy.WorkloadArgument.Answers;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.proxy.ProxyRef;
import dev.meshctl.cli.proxy.ProxyStat;
import dev.meshctl.cli.proxy.ProxyStats;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code proxy stats}: what a proxy has counted. */
@Command(name = "stats", description = {
    "Show what a proxy has counted since its start: calls, failures by cause, connections, configuration.",
    "The names are those of /metrics. What is zero is left out unless --all is given."})
final class ProxyStatsCommand extends MeshCommand {
    @Mixin
    WorkloadArgument target = new WorkloadArgument();

    @Option(names = "--filter", paramLabel = "TEXT",
            description = "only what has this text in its name or labels; several must all be there")
    List<String> filters = new ArrayList<>();

    @Option(names = "--all", description = "what is zero too")
    boolean all;

    ProxyStatsCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        FleetProxies proxies = new FleetProxies(context().connections(), context().kubernetes());
        ProxyStats stats = new ProxyStats(proxies);
        List<ProxyRef> found = target.find(context(), console(), proxies);
        Answers<List<ProxyStat>> answers = WorkloadArgument.ask(found, proxy -> stats.read(proxy, filters));
        List<ProxyStat> shown = answers.given().stream().flatMap(List::stream).filter(stat -> all || !stat.isZero()).toList();
        console().print(table(found.size() > 1), shown,
                filters.isEmpty() ? "nothing was counted yet" : "nothing was counted that has " + String.join(" and ", filters));
        return answers.end(console());
    }

    private static Table<ProxyStat> table(boolean several) {
        Table<ProxyStat> table = Table.of(ProxyStat::metric, ProxyStat::toData);
        if (several) {
            table.column("PROXY", ProxyStat::proxy);
        }
        return table.column("METRIC", ProxyStat::metric).column("VALUE", ProxyStat::valueText).column("OF", ProxyStat::ofText)
                .wide("LABELS", ProxyStat::labelText);
    }
}
