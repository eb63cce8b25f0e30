package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.FileFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Takes a cluster down and away. */
final class Removal {
    private static final Duration SUPERVISOR_GRACE = Duration.ofSeconds(40);
    private static final Duration DAEMON_GRACE = Duration.ofSeconds(12);

    private final Cluster cluster;
    private final ClusterDirectory directory;
    private final Progress progress;

    Removal(Cluster cluster, Progress progress) {
        this.cluster = cluster;
        this.directory = new ClusterDirectory(cluster.directory());
        this.progress = progress;
    }

    /** True if an earlier removal was interrupted, so that what is left is of no use. */
    static boolean isUnfinished(ClusterDirectory directory) {
        return Files.exists(directory.removing());
    }

    void run() {
        try {
            if (Files.isDirectory(directory.supervisor()) && !isUnfinished(directory)) {
                Files.createFile(directory.removing());
            }
            Progress.Step step = progress.step(cluster.name() + ": stop");
            stop();
            step.done("");
            step = progress.step(cluster.name() + ": remove the data");
            remove();
            step.done(directory.root().toString());
        } catch (IOException e) {
            throw CliError.failed("cannot remove the data of cluster " + cluster.name())
                    .at(directory.root().toString()).because(FileFailure.reason(e)).from(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CliError.failed("interrupted").exit(ExitCode.INTERRUPTED)
                    .next("meshctl uninstall --cluster " + cluster.name() + " goes on where it stopped").from(e);
        }
    }

    private void stop() throws InterruptedException {
        LocalPlatform.stateOf(directory).supervisor().stop(SUPERVISOR_GRACE);
        // Daemons whose supervisor was killed.
        SupervisorState state = LocalPlatform.stateOf(directory);
        for (Component component : Component.values()) {
            if (!state.of(component).process().stop(DAEMON_GRACE)) {
                throw CliError.failed(component.directory() + " does not stop").at("cluster " + cluster.name()
                        + ", pid " + state.of(component).process().pid())
                        .next("end that process, then: meshctl uninstall --cluster " + cluster.name());
            }
        }
    }

    // What says that a removal is under way goes last, so that an interrupted one is seen and finished.
    private void remove() throws IOException {
        if (Files.isDirectory(directory.root())) {
            try (Stream<Path> parts = Files.list(directory.root())) {
                for (Path part : parts.filter(part -> !part.equals(directory.supervisor())).toList()) {
                    delete(part);
                }
            }
        }
        if (Files.isDirectory(directory.supervisor())) {
            try (Stream<Path> parts = Files.list(directory.supervisor())) {
                for (Path part : parts.filter(part -> !part.equals(directory.removing())).toList()) {
                    delete(part);
                }
            }
        }
        delete(directory.root());
    }

    // Links are removed, never followed.
    private static void delete(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
