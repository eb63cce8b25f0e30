package dev.meshctl.runtime.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A network namespace that a test has made, and the processes in it. */
public final class Namespace implements AutoCloseable {
    private final String name;
    private final List<Background> processes = new ArrayList<>();

    /** Makes it, with its loopback up; needs root. */
    public Namespace(String name) throws Exception {
        this.name = name;
        run("ip", "netns", "add", name);
        ip("link", "set", "lo", "up");
    }

    /** What a command wrote, both outputs, and its exit status. */
    public record Outcome(int status, String output) {}

    /** Runs one outside of any namespace; must succeed. */
    public static String run(String... command) throws Exception {
        Outcome outcome = await(List.of(command));
        if (outcome.status() != 0) {
            throw new IOException(String.join(" ", command) + ": " + outcome);
        }
        return outcome.output();
    }

    public String name() {
        return name;
    }

    /** Configures the network here. */
    public void ip(String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of("ip", "-n", name));
        command.addAll(List.of(args));
        run(command.toArray(String[]::new));
    }

    /** Runs one here, for at most 30 seconds. */
    public Outcome exec(String... command) throws Exception {
        return await(inside(List.of(command)));
    }

    private List<String> inside(List<String> command) {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", name));
        line.addAll(command);
        return line;
    }

    private static Outcome await(List<String> command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(command + " did not end; so far: " + output);
        }
        return new Outcome(process.exitValue(), output);
    }

    /** A process that serves until the namespace is closed. */
    public static final class Background {
        private final Process process;
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();
        private final CountDownLatch ready = new CountDownLatch(1);

        Background(Process process) {
            this.process = process;
            Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    lines.add(line);
                    if (line.equals("READY")) {
                        ready.countDown();
                    }
                }
            } catch (IOException ended) {
                lines.add("reading ended: " + ended);
            }
        }

        /** What it has written so far. */
        public List<String> lines() {
            return List.copyOf(lines);
        }
    }

    /** Starts one here and waits until it writes {@code READY}. */
    public Background start(String... command) throws Exception {
        Background background = new Background(
                new ProcessBuilder(inside(List.of(command))).redirectErrorStream(true).start());
        processes.add(background);
        if (!background.ready.await(60, TimeUnit.SECONDS)) {
            throw new IOException(List.of(command) + " is not ready: " + background.lines());
        }
        return background;
    }

    @Override
    public void close() throws Exception {
        for (Background background : processes) {
            background.process.getOutputStream().close();
            if (!background.process.waitFor(10, TimeUnit.SECONDS)) {
                background.process.destroyForcibly().waitFor();
            }
        }
        run("ip", "netns", "del", name);
    }
}
