package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.output.Progress;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Class data of the daemons, made once for each build by running them for a moment ({@link ArchiveTraining}), before the
 * first of them is started. Without it they only start slower, so nothing fails for the lack of it.
 */
final class DaemonArchive {
    private static final long LIMIT_SECONDS = 120;
    private static final String UNFINISHED = ".making-";
    /** Clusters are installed at the same time. */
    private static final ReentrantLock ONE_AT_A_TIME = new ReentrantLock();

    private final Path file;
    private final Function<Path, List<String>> training;

    /** @param training the command that writes the archive to a path, in whose directory it may have other files */
    DaemonArchive(Path file, Function<Path, List<String>> training) {
        this.file = file;
        this.training = training;
    }

    /** The one that the launcher names; empty if it found no place for one. */
    static Optional<DaemonArchive> ofLauncher() {
        return Optional.ofNullable(System.getProperty(JavaCommand.ARCHIVE)).filter(name -> !name.isEmpty())
                .map(name -> new DaemonArchive(Path.of(name), JavaCommand::training));
    }

    /** Makes it if there is none and it was not found to be impossible before. */
    void prepare(Progress progress) {
        ONE_AT_A_TIME.lock();
        try {
            if (!Files.exists(file) && !Files.exists(impossible())) {
                make(progress.step("fast start of daemons, prepared once"));
            }
        } finally {
            ONE_AT_A_TIME.unlock();
        }
    }

    /** Why there is none. */
    Path impossible() {
        return beside(".log");
    }

    private Path beside(String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    private void make(Progress.Step step) {
        Path directory = beside(UNFINISHED + ProcessHandle.current().pid());
        try {
            sweep();
            Files.createDirectories(directory);
            Path made = directory.resolve("archive");
            Path log = directory.resolve("log");
            if (runs(training.apply(made), log) && Files.exists(made)) {
                Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
                step.done("");
            } else {
                Files.move(log, impossible(), StandardCopyOption.ATOMIC_MOVE);
                step.skipped("not possible, see " + impossible());
            }
        } catch (IOException e) {
            step.skipped("not possible: " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            step.skipped("interrupted");
        } finally {
            delete(directory);
        }
    }

    private static boolean runs(List<String> command, Path log) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true).redirectOutput(log.toFile()).start();
        Thread withThisOne = new Thread(process::destroyForcibly, "end-training");
        Runtime.getRuntime().addShutdownHook(withThisOne);
        try {
            return process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0;
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(withThisOne);
        }
    }

    /** What runs that were interrupted have left. */
    private void sweep() throws IOException {
        String prefix = file.getFileName() + UNFINISHED;
        try (Stream<Path> files = Files.list(file.toAbsolutePath().getParent())) {
            files.filter(left -> left.getFileName().toString().startsWith(prefix))
                    .filter(left -> !isAlive(left.getFileName().toString().substring(prefix.length())))
                    .forEach(DaemonArchive::delete);
        }
    }

    private static boolean isAlive(String pid) {
        try {
            return ProcessHandle.of(Long.parseLong(pid)).isPresent();
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            // The next run sweeps it.
        }
    }
}
