package dev.meshctl.cli.command.inject;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.ManifestTexts;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.control.admission.inject.Injector;
import dev.meshctl.control.admission.manifest.Manifests;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code inject}: manifests with the proxy, for those who render in Git. */
@Command(name = "inject", description = {
    "Add the proxy to the workloads in manifests and print them, as the webhook of an installation would.",
    "Asks no cluster. Workloads that opt out, by their own or their namespace's labels in the same text, are left alone."
})
public final class InjectCommand extends MeshCommand {
    @Mixin
    ManifestTexts manifests = new ManifestTexts();

    @Mixin
    InjectionOptions options = new InjectionOptions();

    @Option(names = {"-n", "--namespace"}, paramLabel = "NAMESPACE", defaultValue = "",
            description = "of objects that name none")
    String namespace = "";

    InjectCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        Injector injector = new Injector(options.settings(context()));
        new Rewritten("proxy added").all(manifests.read(context().environment()),
                text -> Manifests.inject(text.source(), text.text(), namespace, injector)).print(console());
        return ExitCode.OK;
    }
}
