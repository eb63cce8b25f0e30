package dev.meshctl.cli.command.demo;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.demo.Demo;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Two linked clusters on this machine, and a tour of what they do. */
@Command(name = "demo",
        description = "Start two linked clusters on this machine and tour what a mesh does.",
        footer = {"", "Exit codes: 0 every step passed; 1 one did not; 130 interrupted. Nothing is left behind."})
public final class DemoCommand extends MeshCommand {
    @Option(names = "--once", description = "end after the tour, for CI")
    boolean once;

    @Option(names = "--keep", description = "leave the clusters running and their files in place")
    boolean keep;

    public DemoCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() throws InterruptedException {
        return new Demo(context().environment(), console(), once, keep).run();
    }
}
