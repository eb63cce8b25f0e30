package dev.meshctl.cli.completion;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.command.CommandTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The checked-in scripts are those of this tree; {@code -Drefresh=true} writes them. */
class CompletionsTest {
    @ParameterizedTest
    @CsvSource({"bash,meshctl.bash", "zsh,meshctl.zsh", "fish,meshctl.fish", "powershell,meshctl.ps1"})
    void checked_in_scripts_are_current(String shell, String file) throws IOException {
        Path path = Path.of("../completions").resolve(file);
        Environment environment = new Environment(
                Map.of(), Path.of("."), System.in, System.out, System.err, Environment.Terminals.NONE, 80);
        String script;
        try (Context context = Context.of(environment)) {
            script = Completions.script(shell, CommandTree.all(context));
        }
        if (Boolean.getBoolean("refresh")) {
            Files.writeString(path, script);
        }
        assertThat(Files.readString(path))
                .as("run: mvn -pl meshctl test -Dtest=CompletionsTest -Dtest.jvm.args=-Drefresh=true")
                .isEqualTo(script);
        assertThat(script).contains("traffic").contains("shift").contains("uninstall");
    }
}
