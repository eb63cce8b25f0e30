package dev.meshctl.cli.completion;

import java.util.List;
import java.util.stream.Collectors;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Completion scripts of the whole command tree. */
public final class Completions {
    public static final List<String> SHELLS = List.of("bash", "zsh", "fish", "powershell");

    private Completions() {}

    /** The script for one of {@link #SHELLS}. */
    public static String script(String shell, CommandLine tree) {
        return switch (shell) {
            // picocli's script serves both; it carries its version only, no date.
            case "bash", "zsh" -> AutoComplete.bash("meshctl", tree).stripTrailing() + "\n";
            case "fish" -> fish(tree);
            case "powershell" -> powershell(tree);
            default -> throw new IllegalArgumentException(shell);
        };
    }

    private static String fish(CommandLine tree) {
        StringBuilder script = new StringBuilder("# fish completion for meshctl\ncomplete -c meshctl -f\n");
        fishCommand(script, tree.getCommandSpec(), "__fish_use_subcommand");
        return script.toString();
    }

    private static void fishCommand(StringBuilder script, CommandSpec spec, String condition) {
        spec.subcommands().forEach((name, child) -> {
            if (name.equals(child.getCommandName())) {
                script.append("complete -c meshctl -n '").append(condition).append("' -a ").append(name)
                        .append(" -d '").append(quoted(summary(child.getCommandSpec()))).append("'\n");
            }
        });
        for (OptionSpec option : spec.options()) {
            script.append("complete -c meshctl -n '").append(condition).append('\'');
            for (String name : option.names()) {
                script.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
            }
            if (option.arity().max() > 0) {
                script.append(" -r");
            }
            script.append(" -d '").append(quoted(String.join(" ", option.description()))).append("'\n");
        }
        spec.subcommands().forEach((name, child) -> {
            if (name.equals(child.getCommandName())) {
                String own = "__fish_seen_subcommand_from " + name;
                List<String> siblings = child.getSubcommands().keySet().stream().toList();
                String without = siblings.isEmpty() ? "" : "; and not __fish_seen_subcommand_from " + String.join(" ", siblings);
                String above = condition.equals("__fish_use_subcommand") ? "" : condition.replaceAll("; and not .*", "") + "; and ";
                fishCommand(script, child.getCommandSpec(), above + own + without);
            }
        });
    }

    private static String powershell(CommandLine tree) {
        StringBuilder script = new StringBuilder("""
                # PowerShell completion for meshctl
                Register-ArgumentCompleter -Native -CommandName meshctl -ScriptBlock {
                    param($wordToComplete, $commandAst, $cursorPosition)
                    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() } |
                        Where-Object { $_ -ne $wordToComplete -and -not $_.StartsWith('-') })
                    $known = @{
                """);
        powershellCommand(script, tree.getCommandSpec(), "");
        return script.append("""
                    }
                    $path = ''
                    foreach ($word in $words) {
                        $next = if ($path) { "$path $word" } else { $word }
                        if ($known.ContainsKey($next)) { $path = $next } else { break }
                    }
                    $known[$path] | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
                        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                    }
                }
                """).toString();
    }

    private static void powershellCommand(StringBuilder script, CommandSpec spec, String path) {
        List<String> words = spec.subcommands().keySet().stream().collect(Collectors.toList());
        spec.options().forEach(option -> words.addAll(List.of(option.names())));
        script.append("        '").append(path).append("' = @(")
                .append(words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(", "))).append(")\n");
        spec.subcommands().forEach((name, child) ->
                powershellCommand(script, child.getCommandSpec(), path.isEmpty() ? name : path + " " + name));
    }

    private static String summary(CommandSpec spec) {
        String[] description = spec.usageMessage().description();
        return description.length == 0 ? "" : description[0];
    }

    private static String quoted(String text) {
        return text.replace("\\", "\\\\").replace("'", "\\'");
    }
}
