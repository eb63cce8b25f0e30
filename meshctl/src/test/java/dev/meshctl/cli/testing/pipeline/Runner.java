package dev.meshctl.cli.testing.pipeline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A machine that runs jobs.
 *
 * @param workspace where a job's checkout is
 * @param meshctl a checkout of meshctl that is built
 */
public record Runner(Path workspace, Path meshctl) {
    private static final long LIMIT_SECONDS = 600;
    private static final String PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** How a script ended, and what it said. */
    public record Ended(int code, String output) {}

    /** What every job has. */
    Map<String, String> environment() throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PATH", PATH);
        environment.put("HOME", Files.createDirectories(workspace.resolveSibling(workspace.getFileName() + "-home")).toString());
        environment.put("CI", "true");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        // The jars are those of the build that this is a test of, and nothing is kept from job to job.
        environment.put("MESHCTL_NO_BUILD", "1");
        environment.put("XDG_CACHE_HOME", "/proc/none");
        return environment;
    }

    /** The checkout of meshctl, where a job expects it. */
    void checkOutMeshctl(String at) throws IOException {
        Path link = workspace.resolve(at);
        Files.createDirectories(link.getParent());
        if (!Files.exists(link)) {
            Files.createSymbolicLink(link, meshctl.toAbsolutePath().normalize());
        }
    }

    /** Runs a script by bash, with nothing but these variables. */
    Ended bash(List<String> options, String script, Map<String, String> environment) throws IOException, InterruptedException {
        Path file = Files.writeString(Files.createTempFile("step", ".sh"), script);
        Path log = Files.createTempFile("step", ".log");
        List<String> command = new ArrayList<>(List.of("bash"));
        command.addAll(options);
        command.add(file.toString());
        ProcessBuilder builder = new ProcessBuilder(command).directory(workspace.toFile())
                .redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (!ended) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            process.waitFor();
        }
        String output = Files.readString(log, StandardCharsets.UTF_8);
        Files.delete(file);
        Files.delete(log);
        if (!ended) {
            throw new AssertionError("not over within " + LIMIT_SECONDS + " s: " + script + "\n" + output);
        }
        return new Ended(process.exitValue(), output);
    }
}
