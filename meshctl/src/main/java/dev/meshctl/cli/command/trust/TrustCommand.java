package dev.meshctl.cli.command.trust;

import dev.meshctl.cli.command.GroupCommand;
import picocli.CommandLine.Command;

/** {@code trust}: authorities, bundles, SVIDs. */
@Command(name = "trust", description = "The trust of a mesh: its authorities and bundles.",
        subcommands = {TrustStatusCommand.class, TrustBundleCommand.class})
public final class TrustCommand extends GroupCommand {}
