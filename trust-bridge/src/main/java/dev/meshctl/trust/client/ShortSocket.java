package dev.meshctl.trust.client;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A Unix socket under a path of any length. The address of such a socket has at most 103 bytes; for a longer path
 * the socket lives in a private directory (0700) of the system's temporary directory, and a symbolic link at the
 * wanted path leads there.
 */
public final class ShortSocket {
    /** What the smallest {@code sockaddr_un} of our systems (macOS, 104 bytes with the closing zero) takes. */
    static final int MAX_PATH_BYTES = 103;

    private static final String PREFIX = "meshctl-";
    private static final String NAME = "s";

    private ShortSocket() {}

    /**
     * Makes way for a socket that listens under this path, also where a killed process left one.
     *
     * @return the path to bind
     * @throws IOException if what was left cannot be removed, or the temporary directory cannot be used
     */
    public static Path prepare(Path path) throws IOException {
        remove(path);
        if (fits(path)) {
            return path;
        }
        Path directory = Files.createTempDirectory(PREFIX);
        Path socket = directory.resolve(NAME);
        if (!fits(socket)) {
            Files.delete(directory);
            throw new IOException("the path of the admin socket " + path + " has more than " + MAX_PATH_BYTES
                    + " bytes, and so has one in the temporary directory, " + socket
                    + "; choose a shorter data directory");
        }
        Files.createSymbolicLink(path, socket);
        return socket;
    }

    /** The path to connect to, for a socket that listens under this one. */
    public static Path find(Path path) {
        try {
            return fits(path) ? path : Files.readSymbolicLink(path);
        } catch (IOException e) {
            // Nobody listens: connecting says so, with the path the user knows.
            return path;
        }
    }

    /**
     * Removes the socket and what leads to it; nothing if there is none.
     *
     * @throws IOException if it cannot be removed
     */
    public static void remove(Path path) throws IOException {
        if (Files.isSymbolicLink(path)) {
            Path socket = Files.readSymbolicLink(path);
            Path directory = socket.getParent();
            if (directory != null && String.valueOf(directory.getFileName()).startsWith(PREFIX)) {
                Files.deleteIfExists(socket);
                Files.deleteIfExists(directory);
            }
        }
        Files.deleteIfExists(path);
    }

    private static boolean fits(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES;
    }
}
