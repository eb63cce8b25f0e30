package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs commands of the machine that must end soon. */
final class Shell {
    private static final int LIMIT_SECONDS = 30;

    /** Both outputs, and the exit status. */
    record Outcome(int status, String output) {}

    private Shell() {}

    static String run(String... command) {
        Outcome outcome = attempt("", List.of(command));
        if (outcome.status() != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": " + outcome);
        }
        return outcome.output();
    }

    /** With what it reads from its standard input. */
    static void feed(String input, String... command) {
        Outcome outcome = attempt(input, List.of(command));
        if (outcome.status() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " <<< " + input + ": " + outcome);
        }
    }

    static Outcome attempt(String input, List<String> command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(command + " did not end; so far: " + output);
            }
            return new Outcome(process.exitValue(), output);
        } catch (IOException e) {
            throw new IllegalStateException(command + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + command, e);
        }
    }
}
