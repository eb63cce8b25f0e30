package dev.meshctl.cli.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The end of a log file, and what is written to it from now on, over rotations. */
public final class LogFile {
    /** The end that is read at most. */
    private static final int MAX_BYTES = 8 << 20;
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final int PIECE = 64 * 1024;

    private final Path file;
    private long position;
    private @Nullable Object identity;
    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();

    public LogFile(Path file) {
        this.file = file;
    }

    /** The last lines; fewer where they are longer than 8 MiB together. */
    public List<String> last(int lines) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            identity = identity();
            long length = open.length();
            long from = Math.max(0, length - MAX_BYTES);
            byte[] end = new byte[(int) (length - from)];
            open.seek(from);
            open.readFully(end);
            position = length;
            List<String> all = new ArrayList<>(new String(end, StandardCharsets.UTF_8).lines().toList());
            if (from > 0 && !all.isEmpty()) {
                all.removeFirst();
            }
            return all.subList(Math.max(0, all.size() - lines), all.size());
        }
    }

    /** Tells what is written after {@link #last}, until the thread is interrupted. */
    public void follow(Consumer<String> line) throws IOException, InterruptedException {
        while (true) {
            Thread.sleep(LOOK);
            look(line);
        }
    }

    /** One look. */
    void look(Consumer<String> line) throws IOException {
        Object now;
        try {
            now = identity();
        } catch (NoSuchFileException rotating) {
            return;
        }
        if (!Objects.equals(now, identity) || Files.size(file) < position) {
            identity = now;
            position = 0;
        }
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            open.seek(position);
            byte[] piece = new byte[PIECE];
            for (int read = open.read(piece); read > 0; read = open.read(piece)) {
                position += read;
                split(piece, read, line);
            }
        }
    }

    private void split(byte[] piece, int length, Consumer<String> line) {
        for (int i = 0; i < length; i++) {
            if (piece[i] == '\n') {
                line.accept(begun.toString(StandardCharsets.UTF_8));
                begun.reset();
            } else {
                begun.write(piece[i]);
            }
        }
    }

    private @Nullable Object identity() throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }
}
