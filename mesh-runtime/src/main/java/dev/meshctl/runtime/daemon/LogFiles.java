package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;

/** Sends all logging of this process to bounded files, or to where a cluster collects it; one line for each record. */
public final class LogFiles {
    static final int FILES = 5;
    static final int BYTES_PER_FILE = 2 * 1024 * 1024;

    private LogFiles() {}

    /**
     * Starts logging to {@code dataDir/log/<name>.log}; older records are in {@code <name>.1.log} to
     * {@code <name>.4.log}, 2 MiB each.
     *
     * @return the current file
     * @throws IOException if the directory or file cannot be made
     */
    public static Path start(Path dataDir, String name) throws IOException {
        Path directory = PrivateDirectory.create(dataDir.resolve("log"));
        RotatingLogFile file = new RotatingLogFile(directory, name, FILES, BYTES_PER_FILE);
        sendTo(file, Level.INFO);
        return file.current();
    }

    /** Logs to standard output, as a container does. */
    public static void toConsole() {
        toConsole(Level.INFO);
    }

    /** Logs to standard output what is at least as important as the level. */
    public static void toConsole(Level level) {
        Handler console = new ConsoleLog();
        console.setLevel(level);
        sendTo(console, level);
    }

    private static void sendTo(Handler handler, Level level) {
        LastingLogs.renew();
        Logger root = Logger.getLogger("");
        for (Handler before : root.getHandlers()) {
            root.removeHandler(before);
        }
        root.setLevel(level);
        root.addHandler(handler);
        QUIET.forEach((logger, least) -> logger.setLevel(least));
    }

    /** Writes to standard output, so that standard error has only what is said to whoever starts the process. */
    private static final class ConsoleLog extends StreamHandler {
        ConsoleLog() {
            super(System.out, new LogLine());
        }

        @Override
        public synchronized void publish(LogRecord record) {
            super.publish(record);
            flush();
        }

        /** Standard output is not ours to close. */
        @Override
        public synchronized void close() {
            flush();
        }
    }

    /**
     * What is told by others and helps nobody. The first tells each broken connection with a stack trace, which the owners
     * of the connections count; the second, that v1alpha1 is no stable version. Held here because the log manager holds
     * loggers weakly.
     */
    private static final Map<Logger, Level> QUIET = Map.of(
            Logger.getLogger("io.grpc"), Level.WARNING,
            Logger.getLogger("io.fabric8.kubernetes.client.dsl.internal.VersionUsageUtils"), Level.SEVERE,
            // Each failed attempt of each watch with its stack; who watches says it once, and counts.
            Logger.getLogger("io.fabric8.kubernetes.client.informers.impl.cache.Reflector"), Level.SEVERE,
            // Each write to a watch or a port-forward that was broken off, with its stack.
            Logger.getLogger("io.fabric8.kubernetes.client.jdkhttp.JdkWebSocketImpl"), Level.SEVERE);
}
