package dev.meshctl.cli.command.proxy;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.command.proxy.WorkloadArgument.Answers;
import dev.meshctl.cli.output.Table;
import dev.meshctl.cli.proxy.FleetProxies;
import dev.meshctl.cli.proxy.ProxyConfig;
import dev.meshctl.cli.proxy.ProxyConfigs;
import dev.meshctl.cli.proxy.ProxyRef;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code proxy config}: what a proxy has in use. */
@Command(name = "config", description = {
    "Show what a proxy has in use, as it says itself, and whether that is what its control plane wants.",
    "-o json gives all of it: listeners, routes, endpoints and their state. Never keys."})
final class ProxyConfigCommand extends MeshCommand {
    @Mixin
    WorkloadArgument target = new WorkloadArgument();

    ProxyConfigCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        FleetProxies proxies = new FleetProxies(context().connections(), context().kubernetes());
        ProxyConfigs configs = new ProxyConfigs(proxies);
        List<ProxyRef> found = target.find(context(), console(), proxies);
        ProxyConfigs.Views views = configs.views(target.cluster(context()));
        Answers<ProxyConfig> answers = WorkloadArgument.ask(found, proxy -> configs.read(proxy, views));
        if (console().format().isStructured()) {
            List<Map<String, Object>> all = answers.given().stream().map(ProxyConfig::toData).toList();
            console().data(found.size() == 1 ? all.getFirst() : all);
        } else {
            console().print(table(found.size() > 1), answers.given().stream()
                    .flatMap(config -> config.lines(InstantSource.system()).stream()).toList(), "nothing is in use");
        }
        return answers.end(console());
    }

    private static Table<ProxyConfig.Line> table(boolean several) {
        Table<ProxyConfig.Line> table = Table.of(line -> line.kind() + "/" + line.name(), ProxyConfigCommand::data);
        if (several) {
            table.column("PROXY", ProxyConfig.Line::proxy);
        }
        return table.column("KIND", ProxyConfig.Line::kind)
                .column("NAME", ProxyConfig.Line::name)
                .column("STATE", ProxyConfig.Line::state, ProxyConfig.Line::style)
                .column("DETAIL", ProxyConfig.Line::detail);
    }

    private static Map<String, Object> data(ProxyConfig.Line line) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("kind", line.kind());
        data.put("name", line.name());
        data.put("state", line.state());
        data.put("detail", line.detail());
        return data;
    }
}
