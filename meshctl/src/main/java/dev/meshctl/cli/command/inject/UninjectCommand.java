package dev.meshctl.cli.command.inject;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ManifestTexts;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.control.admission.manifest.Manifests;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code uninject}: the exact inverse of {@code inject}. */
@Command(name = "uninject", description = {
    "Take the proxy out of the workloads in manifests and print them.",
    "Works for what any version with any settings put in. Asks no cluster."
})
public final class UninjectCommand extends MeshCommand {
    @Mixin
    ManifestTexts manifests = new ManifestTexts();

    UninjectCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        new Rewritten("proxy taken out").all(manifests.read(context().environment()),
                text -> Manifests.uninject(text.source(), text.text())).print(console());
        return ExitCode.OK;
    }
}
