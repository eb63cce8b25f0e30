package dev.meshctl.cli.command.completion;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Context;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.command.CommandTree;
import dev.meshctl.cli.command.MeshCommand;
import dev.meshctl.cli.completion.Completions;
import dev.meshctl.cli.output.Suggestion;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code completion}: a script that makes a shell complete meshctl's commands. */
@Command(name = "completion", description = {
    "Print a completion script.",
    "bash:        source <(meshctl completion bash)",
    "zsh:         source <(meshctl completion zsh)",
    "fish:        meshctl completion fish | source",
    "powershell:  meshctl completion powershell | Out-String | Invoke-Expression"
})
public final class CompletionCommand extends MeshCommand {
    @Parameters(paramLabel = "SHELL", description = "bash, zsh, fish or powershell")
    String shell;

    CompletionCommand(Context context) {
        super(context);
    }

    @Override
    protected int run() {
        if (!Completions.SHELLS.contains(shell)) {
            throw CliError.usage("there is no completion for \"" + shell + "\"")
                    .next(Suggestion.nearest(shell, Completions.SHELLS).map(near -> "did you mean \"" + near + "\"?")
                            .orElse("one of: " + String.join(", ", Completions.SHELLS)));
        }
        context().environment().out().print(Completions.script(shell, CommandTree.all(context())));
        context().environment().out().flush();
        return ExitCode.OK;
    }
}
