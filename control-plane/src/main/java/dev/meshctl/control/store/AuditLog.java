package dev.meshctl.control.store;

import dev.meshctl.runtime.daemon.Counters;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who changed what, one JSON object a line, in {@code audit.log}; older lines in {@code audit.log.1} to
 * {@code audit.log.4}. Holds at most 5 files of about 2 MiB.
 */
public final class AuditLog {
    private static final System.Logger LOG = System.getLogger(AuditLog.class.getName());
    private static final int FILES = 5;
    private static final int MAX_BYTES = 2 * 1024 * 1024;
    private static final int MAX_TEXT = 512;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final int maxBytes;
    private final InstantSource clock;
    private final Counters counters;

    public AuditLog(Path directory, InstantSource clock, Counters counters) {
        this(directory, MAX_BYTES, clock, counters);
    }

    AuditLog(Path directory, int maxBytes, InstantSource clock, Counters counters) {
        this.file = directory.resolve("audit.log");
        this.maxBytes = maxBytes;
        this.clock = clock;
        this.counters = counters;
    }

    /**
     * Adds a line. One that cannot be written is counted and goes to the process's log instead; the action has
     * happened by then.
     *
     * @param actor who, as authenticated and as named by the client
     * @param action a verb in the past: created, configured, deleted, linked
     * @param object as errors name it: {@code HTTPRoute shop/payments}
     */
    public synchronized void record(String actor, String action, String object) {
        String line = JSON.writeValueAsString(JSON.createObjectNode()
                .put("time", clock.instant().toString())
                .put("actor", bounded(actor))
                .put("action", action)
                .put("object", bounded(object)));
        try {
            rotate();
            if (!Files.exists(file)) {
                Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.write(file, (line + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.APPEND, StandardOpenOption.SYNC);
        } catch (IOException e) {
            counters.increment("audit_line_not_written");
            LOG.log(System.Logger.Level.ERROR, () -> "audit line could not be written (" + e.getMessage() + "): " + line);
        }
    }

    private static String bounded(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }

    private void rotate() throws IOException {
        if (!Files.exists(file) || Files.size(file) < maxBytes) {
            return;
        }
        for (int i = FILES - 2; i >= 0; i--) {
            Path from = i == 0 ? file : file.resolveSibling("audit.log." + i);
            if (Files.exists(from)) {
                Files.move(from, file.resolveSibling("audit.log." + (i + 1)), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
