package dev.meshctl.kubernetes.kubeconfig;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.api.model.ExecConfig;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a credential plugin: without a shell, with its errors apart from its answer, and bounded in time. */
final class CredentialPlugin {
    /** A plugin may have to ask a cloud, but nobody waits longer than this. */
    static final Duration TIMEOUT = Duration.ofSeconds(30);

    private static final int MAX_OUTPUT_BYTES = 1 << 20;
    private static final int MAX_COMPLAINT = 300;

    private final ExecConfig exec;
    private final Path directory;
    private final Map<String, String> variables;

    /** @param directory of the kubeconfig: a command with a slash in it is relative to that */
    CredentialPlugin(ExecConfig exec, Path directory, Map<String, String> variables) {
        this.exec = exec;
        this.directory = directory;
        this.variables = variables;
    }

    /**
     * Its standard output.
     *
     * @throws ApiException {@link Cause#CREDENTIAL_PLUGIN} if it is missing, fails or takes too long
     */
    String run(String context, String info) {
        List<String> command = new ArrayList<>(List.of(executable(context).toString()));
        if (exec.getArgs() != null) {
            command.addAll(exec.getArgs());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(devNull()));
        builder.environment().clear();
        builder.environment().putAll(variables);
        if (exec.getEnv() != null) {
            exec.getEnv().forEach(variable -> builder.environment().put(variable.getName(), variable.getValue()));
        }
        builder.environment().put("KUBERNETES_EXEC_INFO", info);
        try {
            return output(context, builder.start());
        } catch (IOException e) {
            throw failed(context, "cannot be started (" + e.getMessage() + ")", hint());
        }
    }

    private String output(String context, Process process) {
        FutureTask<String> complaint = reading(process.getErrorStream());
        FutureTask<String> answer = reading(process.getInputStream());
        try {
            if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw failed(context, tooLong(), byHand());
            }
            if (process.exitValue() != 0) {
                String said = complaint.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).strip().replaceAll("\\s+", " ");
                throw failed(context, "ended with " + process.exitValue() + (said.isEmpty() ? "" : ": "
                        + said.substring(0, Math.min(MAX_COMPLAINT, said.length()))), byHand());
            }
            return answer.get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(new ApiFailure(Cause.INTERRUPTED, what(context), "it was interrupted", "run it again"), e);
        } catch (TimeoutException | ExecutionException e) {
            // What it started lives on and holds its output open.
            throw failed(context, tooLong(), byHand());
        } finally {
            process.destroyForcibly();
        }
    }

    private static String tooLong() {
        return "does not end within " + TIMEOUT.toSeconds() + " s; it may wait for a log-in";
    }

    private String byHand() {
        return "run it by hand and log in: " + exec.getCommand();
    }

    private Path executable(String context) {
        String command = String.valueOf(exec.getCommand());
        if (command.contains("/") || command.contains(File.separator)) {
            Path path = directory.resolve(command).normalize();
            if (Files.isExecutable(path)) {
                return path;
            }
            throw failed(context, "is not at " + path, hint());
        }
        Optional<Path> found = Arrays.stream(variables.getOrDefault("PATH", "").split(File.pathSeparator))
                .filter(entry -> !entry.isEmpty()).map(entry -> Path.of(entry, command))
                .filter(path -> Files.isRegularFile(path) && Files.isExecutable(path)).findFirst();
        return found.orElseThrow(() -> failed(context, "is not on the PATH", hint()));
    }

    private String hint() {
        String hint = exec.getInstallHint();
        return hint == null || hint.isBlank() ? "install " + exec.getCommand() : hint.strip().replaceAll("\\s+", " ");
    }

    private ApiException failed(String context, String why, String next) {
        return new ApiException(new ApiFailure(Cause.CREDENTIAL_PLUGIN, what(context),
                "credential plugin \"" + exec.getCommand() + "\" " + why, next));
    }

    private static String what(String context) {
        return "cannot use context \"" + context + "\"";
    }

    private static File devNull() {
        return new File(File.separatorChar == '\\' ? "NUL" : "/dev/null");
    }

    private static FutureTask<String> reading(InputStream stream) {
        FutureTask<String> task = new FutureTask<>(() -> {
            try (stream) {
                return new String(stream.readNBytes(MAX_OUTPUT_BYTES), StandardCharsets.UTF_8);
            }
        });
        Thread.ofVirtual().name("credential-plugin").start(task);
        return task;
    }
}
