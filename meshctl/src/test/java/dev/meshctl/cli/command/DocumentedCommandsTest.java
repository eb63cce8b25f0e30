package dev.meshctl.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.Context;
import dev.meshctl.cli.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command line in the code blocks of the user's documents is one that meshctl takes. */
class DocumentedCommandsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern COMMAND = Pattern.compile("'meshctl +([^']*)'|(?:^| )meshctl +([a-z].*)");
    private static final Pattern WORD = Pattern.compile("'[^']*'|\"[^\"]*\"|[^\\s'\"]+");

    @Test
    void each_is_taken() throws IOException {
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        Environment environment = new Environment(Map.of(), Path.of("."), System.in, System.out, System.err, Environment.Terminals.NONE, 80);
        try (Context context = Context.of(environment)) {
            CommandLine meshctl = CommandTree.all(context);
            for (Path document : documents()) {
                for (String command : commands(Files.readString(document))) {
                    seen++;
                    try {
                        meshctl.parseArgs(words(command).toArray(String[]::new));
                    } catch (CommandLine.ParameterException e) {
                        wrong.add(document.getFileName() + ": meshctl " + command + ": " + e.getMessage());
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(seen).isGreaterThan(60);
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("docs/guide.md"), ROOT.resolve("docs/ci.md")));
        try (Stream<Path> files = Files.list(ROOT.resolve("docs/kubernetes"))) {
            files.sorted().forEach(documents::add);
        }
        return documents;
    }

    private static List<String> commands(String document) {
        List<String> commands = new ArrayList<>();
        boolean code = false;
        // A folded line of YAML goes on as one of a shell does.
        for (String line : document.replaceAll("\\\\\n\\s*", "").replaceAll("(- meshctl [^\n]*)\n +(--)", "$1 $2").split("\n")) {
            if (line.strip().startsWith("```")) {
                code = !code;
            } else if (code) {
                Matcher found = COMMAND.matcher(line.replaceFirst("(^| )#.*", ""));
                if (found.find()) {
                    commands.add(found.group(1) == null ? found.group(2) : found.group(1));
                }
            }
        }
        return commands;
    }

    // As far as the shell's own signs; what runs behind "--" is somebody else's.
    private static List<String> words(String command) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command.replaceFirst("(?<=\\S);.*", "").replaceFirst(" -- .*", " -- x"));
        while (word.find() && !word.group().matches("[|>&]+.*")) {
            // Whatever a variable stands for is a number or a text.
            words.add(word.group().replaceAll("^['\"]|['\"]$", "").replaceAll("\\$\\w+", "1"));
        }
        return words;
    }
}
