package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** The join token of one service account: a file that is read once and deleted. */
public final class Tokens implements Supplier<Optional<String>> {
    private static final Logger LOG = System.getLogger(Tokens.class.getName());
    private static final int MAX_BYTES = 4096;

    private final Path file;

    /** @param directory as in {@link DaemonConfig#tokens()} */
    public Tokens(Path directory, String serviceAccount) {
        this.file = directory.resolve(serviceAccount + ".token");
    }

    /** The token, which is gone from the disk afterwards; empty if there is none now. */
    @Override
    public Optional<String> get() {
        try {
            Optional<byte[]> content = DurableFile.read(file, MAX_BYTES);
            if (content.isEmpty()) {
                return Optional.empty();
            }
            DurableFile.delete(file);
            String token = new String(content.get(), StandardCharsets.UTF_8).trim();
            return token.isEmpty() ? Optional.empty() : Optional.of(token);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "join token {0} cannot be used: {1}", file, e.getMessage());
            return Optional.empty();
        }
    }
}
