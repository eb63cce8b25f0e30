package dev.meshctl.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An image as files below a directory, and processes in it as in a container.
 *
 * @param root where its layers are, one over the other
 * @param volume the one directory that its processes may write to
 * @param entryPoint of its configuration
 */
record UnpackedImage(Path root, Path volume, List<String> entryPoint) {
    private static final Path CONTAINED = Path.of("src/test/sh/contained").toAbsolutePath();
    static final String VOLUME = "/var/lib/meshctl";

    static UnpackedImage of(ReadImage image, Path directory) throws IOException, InterruptedException {
        Path root = Files.createDirectories(directory.resolve("root"));
        for (byte[] layer : image.layers()) {
            Path tar = Files.write(directory.resolve("layer.tar"), layer);
            run(new ProcessBuilder("tar", "-x", "-p", "--numeric-owner", "-f", tar.toString(), "-C", root.toString()));
        }
        List<String> entryPoint = new ArrayList<>();
        image.config().path("config").path("Entrypoint").forEach(each -> entryPoint.add(each.asString()));
        return new UnpackedImage(root, Files.createDirectories(directory.resolve("volume")), entryPoint);
    }

    /** Starts the image with arguments, as user and group; what it prints goes to the log. */
    Process start(int user, Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(entryPoint);
        command.addAll(List.of(arguments));
        return contained(user, command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    }

    /** The process in the container, not the one that set it up. */
    static ProcessHandle inside(Process process) {
        return process.descendants().reduce((first, second) -> second).orElse(process.toHandle());
    }

    /** Runs a program of the image in a network of its own to its end; what it printed. */
    String output(int user, String... command) throws IOException, InterruptedException {
        ProcessBuilder builder = contained(user, List.of(command));
        builder.command().addAll(0, List.of("unshare", "--net"));
        return run(builder);
    }

    private ProcessBuilder contained(int user, List<String> command) {
        List<String> line = new ArrayList<>(List.of(CONTAINED.toString(), root.toString(), String.valueOf(user), volume.toString()));
        line.addAll(command);
        return new ProcessBuilder(line);
    }

    private static String run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).as(output).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }
}
