package dev.meshctl.runtime.daemon;

import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The bundle of the own mesh that a daemon starts with. */
public final class BundleFile {
    private static final Logger LOG = System.getLogger(BundleFile.class.getName());
    /** A kubelet looks for changes of a ConfigMap once in a minute, and takes its time. */
    private static final Duration PATIENCE = Duration.ofSeconds(75);
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private BundleFile() {}

    /**
     * Reads {@link DaemonConfig#bundle()}. On Kubernetes, where the trust bridge publishes it after its own start, a
     * file that is missing is waited for up to 75 s.
     *
     * @throws IOException if the file does not come, or is no bundle of the mesh; the message says which
     */
    public static TrustBundle read(DaemonConfig config) throws IOException {
        return read(config, config.onKubernetes() ? PATIENCE : Duration.ZERO);
    }

    static TrustBundle read(DaemonConfig config, Duration patience) throws IOException {
        Path file = config.bundle();
        return parse(config, await(file, patience).orElseThrow(() -> new IOException(file + ", the bundle of trust domain "
                + config.trustDomain() + ", does not exist; " + (config.onKubernetes()
                        ? "the trust bridge publishes it, check that it is ready" : "install the cluster again"))));
    }

    /**
     * Waits for a file that the mesh publishes.
     *
     * @return its content; empty if it has none within the time
     * @throws IOException if it cannot be read
     */
    public static Optional<byte[]> await(Path file, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        for (boolean told = false; ; told = true) {
            Optional<byte[]> document = DurableFile.read(file, SpiffeJson.MAX_BYTES).filter(bytes -> bytes.length > 0);
            if (document.isPresent() || System.nanoTime() >= deadline) {
                return document;
            }
            if (!told) {
                LOG.log(Level.INFO, "waiting for {0}, which the trust bridge publishes", file);
            }
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
        }
    }

    private static TrustBundle parse(DaemonConfig config, byte[] document) throws IOException {
        try {
            return SpiffeJson.read(config.trustDomain(), document);
        } catch (IllegalArgumentException e) {
            throw new IOException(config.bundle() + " is no bundle of " + config.trustDomain() + ": " + e.getMessage(), e);
        }
    }
}
