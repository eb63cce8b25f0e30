package dev.meshctl.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a command line is run in: variables, directory, streams, terminal. Everything that differs between
 * a shell, a pipe, CI and a test.
 *
 * @param width columns of the terminal; 80 where it is not known
 */
public record Environment(
        Map<String, String> variables,
        Path workingDirectory,
        InputStream in,
        PrintStream out,
        PrintStream err,
        Terminals terminals,
        int width) {
    private static final int DEFAULT_WIDTH = 80;

    /** Which of the standard streams are terminals. */
    public record Terminals(boolean in, boolean out, boolean err) {
        public static final Terminals NONE = new Terminals(false, false, false);
    }

    public Environment {
        variables = Map.copyOf(variables);
    }

    /** The environment of this process. The launcher says in {@code meshctl.tty} which streams are terminals. */
    public static Environment ofProcess() {
        return new Environment(
                System.getenv(),
                Path.of("").toAbsolutePath(),
                System.in,
                utf8(System.out),
                utf8(System.err),
                new Terminals(isTerminal(0), isTerminal(1), isTerminal(2)),
                columns());
    }

    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    /** The same environment with one variable changed. */
    public Environment with(String name, String value) {
        Map<String, String> changed = new HashMap<>(variables);
        changed.put(name, value);
        return new Environment(changed, workingDirectory, in, out, err, terminals, width);
    }

    /** Where the fleet is kept: {@code $MESHCTL_HOME/config}, else {@code $XDG_CONFIG_HOME/meshctl}. */
    public Path configDirectory() {
        return directory("config", "XDG_CONFIG_HOME", ".config");
    }

    /** Where local clusters live: {@code $MESHCTL_HOME/data}, else {@code $XDG_DATA_HOME/meshctl}. */
    public Path dataDirectory() {
        return directory("data", "XDG_DATA_HOME", ".local/share");
    }

    private Path directory(String ofHome, String xdg, String fallback) {
        Optional<String> home = variable("MESHCTL_HOME");
        if (home.isPresent()) {
            return workingDirectory.resolve(home.get()).normalize().resolve(ofHome);
        }
        return variable(xdg).map(Path::of).filter(Path::isAbsolute)
                .orElseGet(() -> Path.of(variable("HOME").orElse(System.getProperty("user.home"))).resolve(fallback))
                .resolve("meshctl");
    }

    private static PrintStream utf8(PrintStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    private static boolean isTerminal(int descriptor) {
        String told = System.getProperty("meshctl.tty");
        if (told != null) {
            return told.indexOf('0' + descriptor) >= 0;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException e) {
            return System.console() != null && System.console().isTerminal();
        }
    }

    private static int columns() {
        try {
            int columns = Integer.parseInt(System.getProperty("meshctl.columns", "").strip());
            return columns > 0 ? columns : DEFAULT_WIDTH;
        } catch (NumberFormatException e) {
            return DEFAULT_WIDTH;
        }
    }
}
