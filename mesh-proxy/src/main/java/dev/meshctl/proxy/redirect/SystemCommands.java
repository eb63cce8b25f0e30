package dev.meshctl.proxy.redirect;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Processes of this machine. Commands are looked for in {@code PATH}, and where they are if it lacks {@code sbin}. */
final class SystemCommands implements Commands {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_OUTPUT = 4 << 20;
    private static final List<String> SBIN = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    @Override
    public boolean exists(String name) {
        return find(name).isPresent();
    }

    private static Optional<Path> find(String name) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.concat(Stream.of(path.split(":", -1)).filter(one -> !one.isEmpty()), SBIN.stream())
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Override
    public Outcome run(String input, List<String> command) throws RedirectException {
        List<String> line = new ArrayList<>(command);
        line.set(0, find(command.getFirst()).map(Path::toString).orElse(command.getFirst()));
        ProcessBuilder builder = new ProcessBuilder(line);
        // Its words are read, so they must be the ones that are known.
        builder.environment().put("LC_ALL", "C");
        try {
            return await(builder.start(), input, command);
        } catch (IOException | ExecutionException e) {
            throw new RedirectException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new RedirectException("interrupted while " + command.getFirst() + " was running", e);
        }
    }

    private static Outcome await(Process process, String input, List<String> command)
            throws IOException, ExecutionException, InterruptedException, RedirectException {
        FutureTask<String> output = reading(process.getInputStream());
        FutureTask<String> errors = reading(process.getErrorStream());
        FutureTask<String> written = new FutureTask<>(() -> write(process, input), "");
        Thread.ofVirtual().name("write").start(written);
        if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly();
            throw new RedirectException(String.join(" ", command) + " did not end within " + TIMEOUT.toSeconds()
                    + " s; does another program hold the lock of the packet filter?");
        }
        return new Outcome(process.exitValue(), output.get(), errors.get());
    }

    private static FutureTask<String> reading(InputStream from) {
        FutureTask<String> task = new FutureTask<>(
                () -> new String(from.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8));
        Thread.ofVirtual().name("read").start(task);
        return task;
    }

    // A command that ends without reading says why by itself.
    private static void write(Process process, String input) {
        try (OutputStream to = process.getOutputStream()) {
            to.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
