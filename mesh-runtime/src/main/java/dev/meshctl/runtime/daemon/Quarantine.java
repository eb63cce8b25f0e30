package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;

/**
 * Opens state that can be begun anew, as what others know too or what is asked for again: a file that cannot be
 * understood is kept beside as {@code <name>.corrupt}, counted and told in the log, and does not keep the daemon
 * from its work. Not for keys, nor for what users have asked for.
 */
public final class Quarantine {
    private static final Logger LOG = System.getLogger(Quarantine.class.getName());

    private Quarantine() {}

    /** Reads the file, or begins without it where it is missing. */
    @FunctionalInterface
    public interface Opening<T> {
        T open() throws IOException;
    }

    /**
     * Opens the file, or sets it aside and opens anew.
     *
     * @param cause what it is counted under, as in {@code join_tokens_corrupt}
     * @throws IOException if it cannot be read, or cannot be set aside
     */
    public static <T> T open(Path file, Counters counters, String cause, Opening<T> opening) throws IOException {
        try {
            return opening.open();
        } catch (CorruptFileException e) {
            Path aside = DurableFile.setAside(file);
            counters.increment(cause);
            LOG.log(Level.ERROR, e.getMessage() + ". It is kept as " + aside + ", and a new one is begun");
            return opening.open();
        }
    }
}
