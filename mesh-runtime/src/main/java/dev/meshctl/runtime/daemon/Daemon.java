package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The life of a daemon: read the configuration, start, say that it is ready, stop on SIGTERM.
 *
 * <p>On Kubernetes (see {@link DaemonConfig#onKubernetes()}) it logs to standard output, and after SIGTERM goes on
 * serving for {@code drain-delay-seconds}, 5 unless set, at most 15; a component has 10 s to close then.
 *
 * <p>In its data directory it keeps {@code daemon.pid}, {@code daemon.lock} (held while it runs, so that
 * two never share a directory) and, while ready, {@code ready.json} with the addresses it listens on.
 */
public final class Daemon {
    static {
        // Before the first logger, with which the log manager is made.
        LastingLogs.install();
    }

    private static final Logger LOG = System.getLogger(Daemon.class.getName());
    private static final Duration STOP_DEADLINE = Duration.ofSeconds(10);
    /** The longest that {@code drain-delay-seconds} may be: with the above, less than a pod's 30 s. */
    private static final int MAX_DRAIN_DELAY_SECONDS = 15;
    /** What it takes a cluster to send no more connections to a pod that has been told to end. */
    private static final int USUAL_DRAIN_DELAY_SECONDS = 5;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final DaemonConfig config;
    private final String name;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final Duration drainDelay;
    private @Nullable FileLock lock;

    private Daemon(DaemonConfig config) throws ConfigException {
        this.config = config;
        this.drainDelay = Duration.ofSeconds(config.option("drain-delay-seconds",
                config.onKubernetes() ? USUAL_DRAIN_DELAY_SECONDS : 0, 0, MAX_DRAIN_DELAY_SECONDS));
        Path last = config.dataDir().getFileName();
        this.name = last == null ? "daemon" : last.toString();
    }

    /** One of the mesh's processes. */
    @FunctionalInterface
    public interface Component {
        /**
         * Starts it; returns when it serves.
         *
         * @throws Exception if it cannot start; the message is shown to the operator
         */
        Running start(DaemonConfig config) throws Exception;
    }

    /** A component that serves. */
    public interface Running extends AutoCloseable {
        /** The actual addresses, {@code ip:port}, under the names of {@link DaemonConfig#listen()}. */
        Map<String, String> listening();
    }

    /**
     * Runs the component until the process is told to end. Takes {@code --config FILE}. Ends the process with
     * status 2 for wrong arguments and 1, with one line on standard error, when the component cannot start.
     */
    public static void run(String[] args, Component component) {
        if (args.length != 2 || !args[0].equals("--config")) {
            fail(2, "usage: --config FILE");
            return;
        }
        try {
            new Daemon(DaemonConfig.read(Path.of(args[1]))).run(component);
        } catch (ConfigException e) {
            fail(1, String.valueOf(e.getMessage()));
        }
    }

    private void run(Component component) {
        Running running;
        try {
            prepare();
            running = component.start(config);
            Running started = running;
            Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(started), "stop"));
            // Said first: whoever has seen the file may end this process before anything else is said.
            LOG.log(Level.INFO, "{0} is ready: {1}", name, running.listening());
            DurableFile.write(readyFile(), ready(running.listening()), DurableFile.SHARED);
        } catch (Exception e) {
            LOG.log(Level.ERROR, name + " cannot start", e);
            fail(1, name + " cannot start: " + StartFailure.explain(e));
            return;
        }
        awaitStop();
    }

    private void prepare() throws IOException {
        Path dataDir = PrivateDirectory.create(config.dataDir());
        lock = lock(dataDir.resolve("daemon.lock"));
        if (config.onKubernetes()) {
            LogFiles.toConsole();
        } else {
            LogFiles.start(dataDir, name);
        }
        DurableFile.sweep(dataDir);
        Files.deleteIfExists(readyFile());
        byte[] pid = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
        DurableFile.write(dataDir.resolve("daemon.pid"), pid, DurableFile.SHARED);
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, e) -> LOG.log(Level.ERROR, "thread " + thread.getName() + " ended by an exception", e));
    }

    private static FileLock lock(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            LOG.log(Level.DEBUG, "the lock is held by this process", e);
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            throw new IOException(file.getParent() + " is in use by a daemon that runs already; stop that one first");
        }
        return lock;
    }

    private byte[] ready(Map<String, String> listening) {
        ObjectNode root = JSON.createObjectNode();
        root.put("pid", ProcessHandle.current().pid());
        ObjectNode listen = root.putObject("listen");
        new TreeMap<>(listening).forEach(listen::put);
        root.put("startedEpochMs", System.currentTimeMillis());
        return JSON.writeValueAsBytes(root);
    }

    private void stop(Running running) {
        try {
            Files.deleteIfExists(readyFile());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "ready.json cannot be removed", e);
        }
        awaitDrain();
        Thread closing = Thread.ofPlatform().daemon().name("close").start(() -> close(running));
        try {
            if (!closing.join(STOP_DEADLINE)) {
                LOG.log(Level.WARNING, "{0} did not stop within {1} s", name, STOP_DEADLINE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopped.countDown();
    }

    /** Whoever has not heard yet that this process ends still gets through. */
    private void awaitDrain() {
        if (!drainDelay.isPositive()) {
            return;
        }
        LOG.log(Level.INFO, "{0} ends in {1} s, and serves until then", name, drainDelay.toSeconds());
        try {
            Thread.sleep(drainDelay);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(Running running) {
        try {
            running.close();
            LOG.log(Level.INFO, "{0} has stopped", name);
        } catch (Exception e) {
            LOG.log(Level.ERROR, name + " did not stop cleanly", e);
        }
    }

    private void awaitStop() {
        try {
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Path readyFile() {
        return config.dataDir().resolve("ready.json");
    }

    private static void fail(int status, String line) {
        System.err.println(line);
        System.exit(status);
    }
}
