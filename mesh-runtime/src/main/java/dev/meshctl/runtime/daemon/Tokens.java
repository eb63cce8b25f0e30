package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The token of one service account, from a file. On the local platform it is a join token: read once and deleted. On
 * Kubernetes it is a projected service account token, which the kubelet replaces before it ends: read anew each time,
 * and never touched.
 */
public final class Tokens implements Supplier<Optional<String>> {
    private static final Logger LOG = System.getLogger(Tokens.class.getName());
    /** A join token has less than 100 bytes; a projected token some 1200, more with long names. */
    private static final int MAX_BYTES = 16 * 1024;

    private final Path file;
    private final boolean once;

    private Tokens(Path file, boolean once) {
        this.file = file;
        this.once = once;
    }

    /**
     * Of join tokens, each used once.
     *
     * @param directory as in {@link DaemonConfig#tokens()}
     */
    public Tokens(Path directory, String serviceAccount) {
        this(directory.resolve(serviceAccount + ".token"), true);
    }

    /** As the platform that the daemon runs on has them. */
    public static Tokens of(DaemonConfig config, String serviceAccount) {
        return new Tokens(config.tokens().resolve(serviceAccount + ".token"), !config.onKubernetes());
    }

    /** The token; empty if there is none now. A join token is gone from the disk afterwards. */
    @Override
    public Optional<String> get() {
        try {
            Optional<byte[]> content = DurableFile.read(file, MAX_BYTES);
            if (content.isEmpty()) {
                return Optional.empty();
            }
            if (once) {
                DurableFile.delete(file);
            }
            String token = new String(content.get(), StandardCharsets.UTF_8).trim();
            return token.isEmpty() ? Optional.empty() : Optional.of(token);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "token {0} cannot be used: {1}", file, e.getMessage());
            return Optional.empty();
        }
    }
}
