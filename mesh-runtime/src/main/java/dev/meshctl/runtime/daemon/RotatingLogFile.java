package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;

/**
 * A log handler over {@code name.log} and its older generations. When the disk is full records are lost, never
 * the process.
 */
final class RotatingLogFile extends Handler {
    private final Path directory;
    private final String name;
    private final int files;
    private final int bytesPerFile;
    private final LogLine format = new LogLine();
    private OutputStream out;
    private long written;

    RotatingLogFile(Path directory, String name, int files, int bytesPerFile) throws IOException {
        this.directory = directory;
        this.name = name;
        this.files = files;
        this.bytesPerFile = bytesPerFile;
        this.out = open();
    }

    Path current() {
        return directory.resolve(name + ".log");
    }

    @Override
    public synchronized void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        byte[] line = format.format(record).getBytes(StandardCharsets.UTF_8);
        try {
            if (written + line.length > bytesPerFile) {
                rotate();
            }
            out.write(line);
            written += line.length;
        } catch (IOException e) {
            reportError("log record lost", e, ErrorManager.WRITE_FAILURE);
        }
    }

    @Override
    public synchronized void flush() {
        // Nothing is buffered here: a daemon may be killed at any time.
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException e) {
            reportError("log file not closed", e, ErrorManager.CLOSE_FAILURE);
        }
    }

    private void rotate() throws IOException {
        out.close();
        for (int i = files - 1; i > 0; i--) {
            Path from = i == 1 ? current() : directory.resolve(name + "." + (i - 1) + ".log");
            if (Files.exists(from)) {
                Files.move(from, directory.resolve(name + "." + i + ".log"), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        out = open();
    }

    private OutputStream open() throws IOException {
        OutputStream opened =
                Files.newOutputStream(current(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        Files.setPosixFilePermissions(current(), DurableFile.PRIVATE);
        written = Files.size(current());
        return opened;
    }
}
