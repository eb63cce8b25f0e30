package dev.meshctl.runtime.daemon;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How much this process says in its log. A change is for a while and ends by itself, so that nobody has to remember to
 * take it back. Only the mesh's own loggers are changed: those of libraries would tell each byte.
 */
public final class LogLevels implements AutoCloseable {
    /** For how long unless told otherwise. */
    public static final Duration USUAL = Duration.ofMinutes(10);
    /** For how long at most. */
    public static final Duration MAX = Duration.ofHours(1);
    /** The words for levels, from much to little. */
    public static final List<String> WORDS = List.of("debug", "info", "warn", "error");

    private static final System.Logger LOG = System.getLogger(LogLevels.class.getName());

    /**
     * What holds now.
     *
     * @param word empty: as the process was started
     * @param until null: for good
     */
    public record State(String word, @Nullable Instant until) {}

    private final Logger own;
    private final Logger root;
    private final InstantSource clock;
    /** What the handlers let through before the first change; empty while nothing is changed. */
    private final Map<Handler, Level> before = new LinkedHashMap<>();
    private @Nullable Thread reverting;

    /** For the loggers of this mesh. */
    public LogLevels(InstantSource clock) {
        this(Logger.getLogger("dev.meshctl"), Logger.getLogger(""), clock);
    }

    LogLevels(Logger own, Logger root, InstantSource clock) {
        this.own = own;
        this.root = root;
        this.clock = clock;
    }

    /**
     * Changes the level for a while; a change before this one ends now.
     *
     * @param word one of {@link #WORDS}
     * @param length longer ones are cut at {@link #MAX}
     * @throws IllegalArgumentException if there is no such level
     */
    public synchronized State set(String word, Duration length) {
        Level level = level(word);
        Duration bounded = length.compareTo(MAX) > 0 ? MAX : length;
        restore();
        for (Handler handler : root.getHandlers()) {
            before.put(handler, handler.getLevel());
            if (handler.getLevel().intValue() > level.intValue()) {
                handler.setLevel(level);
            }
        }
        own.setLevel(level);
        Instant until = clock.instant().plus(bounded);
        LOG.log(System.Logger.Level.INFO, "the log level is {0} until {1}", word, until);
        reverting = Thread.ofVirtual().name("log-level").start(() -> revertAfter(bounded));
        return new State(word, until);
    }

    /** Goes back to the level that the process was started with. */
    public synchronized State reset() {
        restore();
        return new State("", null);
    }

    private void revertAfter(Duration length) {
        try {
            Thread.sleep(length);
            synchronized (this) {
                if (Thread.currentThread().equals(reverting)) {
                    restore();
                    LOG.log(System.Logger.Level.INFO, "the log level is what it was again");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void restore() {
        Thread waiting = reverting;
        reverting = null;
        if (waiting != null && !waiting.equals(Thread.currentThread())) {
            waiting.interrupt();
        }
        own.setLevel(null);
        before.forEach(Handler::setLevel);
        before.clear();
    }

    private static Level level(String word) {
        return switch (word) {
            case "debug" -> Level.FINE;
            case "info" -> Level.INFO;
            case "warn" -> Level.WARNING;
            case "error" -> Level.SEVERE;
            default -> throw new IllegalArgumentException("no log level \"" + word + "\"; there are " + String.join(", ", WORDS));
        };
    }

    @Override
    public synchronized void close() {
        restore();
    }
}
