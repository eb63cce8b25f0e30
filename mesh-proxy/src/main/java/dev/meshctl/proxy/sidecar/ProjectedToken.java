package dev.meshctl.proxy.sidecar;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/** The service account token of a pod: read anew each time, because the kubelet replaces it before it ends. */
public record ProjectedToken(Path file) implements Supplier<Optional<String>> {
    private static final System.Logger LOG = System.getLogger(ProjectedToken.class.getName());
    private static final int MAX_BYTES = 16 * 1024;

    /** Empty if there is none now. */
    @Override
    public Optional<String> get() {
        try (InputStream in = Files.newInputStream(file)) {
            String token = new String(in.readNBytes(MAX_BYTES), StandardCharsets.US_ASCII).strip();
            return token.isEmpty() ? Optional.empty() : Optional.of(token);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "service account token {0} cannot be read: {1}", file, e.toString());
            return Optional.empty();
        }
    }
}
