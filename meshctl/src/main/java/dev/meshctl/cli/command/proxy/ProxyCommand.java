package dev.meshctl.cli.command.proxy;

import dev.meshctl.cli.command.GroupCommand;
import picocli.CommandLine.Command;

/** {@code proxy}: the data plane from the operator's side. */
@Command(name = "proxy", description = "The proxies of a cluster.",
        subcommands = {ProxyListCommand.class, ProxyConfigCommand.class, ProxyStatsCommand.class, ProxyLogCommand.class})
public final class ProxyCommand extends GroupCommand {}
