package dev.meshctl.runtime.daemon;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a daemon is told when it starts: its {@code config.json}.
 *
 * @param cluster the cluster it is part of
 * @param trustDomain the trust domain of the cluster's mesh
 * @param node the machine it runs on
 * @param dataDir its own directory, absolute: state, logs, sockets
 * @param listen by name, {@code ip:port}; port 0 lets the system choose
 * @param trustBridge where SVIDs come from; null for the trust bridge itself
 * @param controlPlane where configuration comes from; null where none is needed
 * @param bundle SPIFFE JSON of the own trust domain, to start from
 * @param tokens directory of {@code <service account>.token} files, see {@link Tokens}
 * @param options the component's own settings
 */
public record DaemonConfig(
        String cluster,
        TrustDomain trustDomain,
        String node,
        Path dataDir,
        Map<String, String> listen,
        @Nullable HostPort trustBridge,
        @Nullable HostPort controlPlane,
        Path bundle,
        Path tokens,
        Map<String, String> options) {
    public DaemonConfig {
        if (cluster.isBlank()) {
            throw new IllegalArgumentException("\"cluster\" must not be empty");
        }
        if (node.isBlank()) {
            throw new IllegalArgumentException("\"node\" must not be empty");
        }
        listen = Map.copyOf(listen);
        options = Map.copyOf(options);
        listen.forEach(DaemonConfig::requireAddress);
    }

    /**
     * Reads a configuration.
     *
     * @throws ConfigException if the file is missing, is not JSON, or a field is missing, unknown or wrong
     */
    public static DaemonConfig read(Path file) throws ConfigException {
        try {
            byte[] content = DurableFile.read(file, ConfigJson.MAX_BYTES)
                    .orElseThrow(() -> new ConfigException(file + " does not exist; install the cluster again"));
            return ConfigJson.parse(file, content);
        } catch (IOException e) {
            throw new ConfigException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Writes the configuration as {@link #read} takes it, 0600, durably. */
    public void write(Path file) throws IOException {
        DurableFile.write(file, ConfigJson.write(this), DurableFile.PRIVATE);
    }

    /**
     * The address of one listener.
     *
     * @throws ConfigException if the configuration has none of this name
     */
    public InetSocketAddress listenAddress(String name) throws ConfigException {
        String address = listen.get(name);
        if (address == null) {
            throw new ConfigException(dataDir + ": the configuration lacks \"listen." + name + "\"");
        }
        return HostPort.parse(address).toSocketAddress();
    }

    /** Whether it is a pod of a Kubernetes cluster (option {@code platform}); else it is a process of a local cluster. */
    public boolean onKubernetes() {
        return option("platform", "local").equals("kubernetes");
    }

    /** One of the component's settings. */
    public String option(String name, String otherwise) {
        return options.getOrDefault(name, otherwise);
    }

    /**
     * A whole number among the component's settings.
     *
     * @throws ConfigException if it is no number from {@code min} to {@code max}
     */
    public long option(String name, long otherwise, long min, long max) throws ConfigException {
        String text = options.get(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text.trim());
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw outOfBounds(name, text, min, max, e);
        }
        throw outOfBounds(name, text, min, max, null);
    }

    private ConfigException outOfBounds(String name, String text, long min, long max, @Nullable Throwable cause) {
        ConfigException e = new ConfigException("%s: \"options.%s\" is \"%s\" but must be a whole number from %d to %d"
                .formatted(dataDir, name, text, min, max));
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }

    private static void requireAddress(String name, String address) {
        try {
            HostPort.parse(address);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"listen." + name + "\": " + e.getMessage(), e);
        }
    }
}
