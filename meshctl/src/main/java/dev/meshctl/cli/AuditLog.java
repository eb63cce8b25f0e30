package dev.meshctl.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * One line for each change: when, who, which command, what. Kept in {@code audit.log} beside the fleet;
 * at 1 MiB it is moved to {@code audit.log.1}, so two files are the bound.
 */
public final class AuditLog {
    private static final long MAX_BYTES = 1 << 20;
    private static final int MAX_LINE = 1000;

    private final Path file;
    private final Environment environment;

    AuditLog(Environment environment) {
        this.environment = environment;
        this.file = environment.configDirectory().resolve("audit.log");
    }

    /** Who changes things, for the audit lines of clusters too. */
    public String actor() {
        return environment.variable("USER").orElseGet(() -> System.getProperty("user.name", "unknown"));
    }

    /**
     * Appends a line. A failure is told on standard error and fails nothing: the change is already made.
     *
     * @param where cluster, or "fleet"
     * @param change what was done, as in "export payments.shop"; never a secret
     */
    public void record(String where, String change) {
        String line = "%s\t%s\t%s\t%s".formatted(
                Instant.now().truncatedTo(ChronoUnit.SECONDS), actor(), where, change.replaceAll("[\\r\\n\\t]+", " "));
        try {
            Files.createDirectories(file.getParent());
            if (Files.exists(file) && Files.size(file) > MAX_BYTES) {
                Files.move(file, file.resolveSibling("audit.log.1"), StandardCopyOption.REPLACE_EXISTING);
            }
            Files.writeString(file, (line.length() > MAX_LINE ? line.substring(0, MAX_LINE) : line) + "\n",
                    StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            environment.err().println("warning: cannot write the audit line to " + file + ": " + e.getMessage());
        }
    }
}
