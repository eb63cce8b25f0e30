package dev.meshctl.runtime.file;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Files that are either wholly old or wholly new after a crash: written beside, synced, renamed over.
 * When the disk is full the old file stays and nothing is left beside it.
 */
public final class DurableFile {
    /** {@code rw-------}: keys, tokens, state. */
    public static final Set<PosixFilePermission> PRIVATE =
            Set.copyOf(PosixFilePermissions.fromString("rw-------"));
    /** {@code rw-r--r--}: what anyone may read. */
    public static final Set<PosixFilePermission> SHARED =
            Set.copyOf(PosixFilePermissions.fromString("rw-r--r--"));
    /** The largest file that {@link #read(Path)} takes. */
    public static final int MAX_BYTES = 64 * 1024 * 1024;

    private static final String TEMPORARY = ".tmp";

    private DurableFile() {}

    /**
     * Replaces the file's content.
     *
     * @throws IOException if the directory is missing or the disk is full; the old content is still there
     */
    public static void write(Path file, byte[] content, Set<PosixFilePermission> permissions) throws IOException {
        Path target = file.toAbsolutePath();
        Path directory = parentOf(target);
        Path temporary = directory.resolve("." + target.getFileName() + "."
                + Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36) + TEMPORARY);
        try {
            writeSynced(temporary, content, permissions);
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        syncDirectory(directory);
    }

    /** {@link #read(Path, int)} with {@link #MAX_BYTES}. */
    public static Optional<byte[]> read(Path file) throws IOException {
        return read(file, MAX_BYTES);
    }

    /**
     * The content, or empty if there is no such file.
     *
     * @throws CorruptFileException if the file is larger than {@code maxBytes}
     */
    public static Optional<byte[]> read(Path file, int maxBytes) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(maxBytes);
            if (in.read() >= 0) {
                throw new CorruptFileException(
                        file, "it is larger than " + maxBytes + " bytes", "restore it from a backup or remove it");
            }
            return Optional.of(content);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Removes the file durably; true if it was there. */
    public static boolean delete(Path file) throws IOException {
        boolean removed = Files.deleteIfExists(file);
        if (removed) {
            syncDirectory(parentOf(file.toAbsolutePath()));
        }
        return removed;
    }

    /** Renames a file that cannot be used to {@code <name>.corrupt}, over an older one. Returns where it is now. */
    public static Path setAside(Path file) throws IOException {
        Path aside = file.resolveSibling(file.getFileName() + ".corrupt");
        Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        syncDirectory(parentOf(file.toAbsolutePath()));
        return aside;
    }

    /** Removes what a crash in the middle of {@link #write} left in the directory. Only for its one owner. */
    public static void sweep(Path directory) throws IOException {
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, ".*" + TEMPORARY)) {
            for (Path leftover : leftovers) {
                Files.deleteIfExists(leftover);
            }
        }
    }

    /** Makes renames and removals in the directory durable. */
    public static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void writeSynced(Path temporary, byte[] content, Set<PosixFilePermission> permissions)
            throws IOException {
        try (FileChannel channel = FileChannel.open(
                temporary,
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                PosixFilePermissions.asFileAttribute(PRIVATE))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            // Set after opening, because the umask may have taken bits away.
            Files.setPosixFilePermissions(temporary, permissions);
            channel.force(true);
        }
    }

    private static Path parentOf(Path absolute) throws IOException {
        Path parent = absolute.getParent();
        if (parent == null) {
            throw new IOException(absolute + " is no file");
        }
        return parent;
    }
}
