package dev.meshctl.cli.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.cli.testing.Home.Said;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Command lines, each with what comes of it. A line that starts with {@code >} is a command line, with {@code =} its exit
 * code, with {@code |} a line of standard output, with {@code !} a line of standard error, with {@code <} a line of a file
 * named {@code input}; {@code *} stands for anything. A line that has {@code memory} or {@code mixed} before that is only for
 * runs of that kind: on a control plane in memory, or on a fleet of both platforms.
 */
public final class Script {
    private static final Pattern ONLY = Pattern.compile("(memory|mixed)([<>=|!].*)");

    private record Step(String command, int exit, List<String> out, List<String> err, List<String> input) {}

    private final List<Step> steps;

    private Script(List<String> lines) {
        this.steps = parse(lines);
        assertThat(steps).isNotEmpty();
    }

    /** @param kind {@code memory} or {@code mixed} */
    public static Script read(Path file, String kind) {
        return new Script(lines(file, kind));
    }

    /** With two words in the place of each other. */
    public static Script read(Path file, String kind, String one, String other) {
        Pattern either = Pattern.compile("\\b(" + one + "|" + other + ")\\b");
        return new Script(lines(file, kind).stream()
                .map(line -> either.matcher(line).replaceAll(found -> found.group().equals(one) ? other : one)).toList());
    }

    private static List<String> lines(Path file, String kind) {
        List<String> lines = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(file)) {
                Matcher only = ONLY.matcher(line);
                if (!only.matches()) {
                    lines.add(line);
                } else if (only.group(1).equals(kind)) {
                    lines.add(only.group(2));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }

    private static List<Step> parse(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        List<String> input = new ArrayList<>();
        for (String line : lines) {
            String rest = line.length() > 2 ? line.substring(2) : "";
            if (line.startsWith("< ")) {
                input.add(rest);
            } else if (line.startsWith("> ")) {
                steps.add(new Step(rest, 0, new ArrayList<>(), new ArrayList<>(), List.copyOf(input)));
                input.clear();
            } else if (line.startsWith("= ")) {
                Step last = steps.removeLast();
                steps.add(new Step(last.command(), Integer.parseInt(rest), last.out(), last.err(), last.input()));
            } else if (line.startsWith("|")) {
                steps.getLast().out().add(rest);
            } else if (line.startsWith("!")) {
                steps.getLast().err().add(rest);
            }
        }
        return steps;
    }

    /**
     * Runs all of it.
     *
     * @param directory where the command lines run
     */
    public void run(Path directory, Function<String[], Said> meshctl) throws IOException {
        for (Step step : steps) {
            if (!step.input().isEmpty()) {
                Files.write(directory.resolve("input"), step.input());
            }
            Said said = meshctl.apply(step.command().split(" +"));
            String told = "> " + step.command() + "\n" + said.out() + said.err();
            assertThat(said.code()).as(told).isEqualTo(step.exit());
            assertThat(told).as("credentials are never told").doesNotContain(ScriptClusters.TOKEN);
            matches(told, said.out(), step.out());
            matches(told, said.err(), step.err());
        }
    }

    private static void matches(String told, String actual, List<String> expected) {
        if (expected.isEmpty()) {
            return;
        }
        String pattern = expected.stream().map(line -> line.equals("...") ? "(.*\n)*" : line(line) + "\n")
                .collect(Collectors.joining());
        assertThat(actual.isEmpty() || actual.endsWith("\n") ? actual : actual + "\n").as(told).matches(pattern);
    }

    private static String line(String expected) {
        return Arrays.stream(expected.replace("<TAB>", "\t").split("\\*", -1)).map(Pattern::quote).collect(Collectors.joining(".*"));
    }
}
