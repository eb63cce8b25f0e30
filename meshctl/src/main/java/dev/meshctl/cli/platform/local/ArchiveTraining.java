package dev.meshctl.cli.platform.local;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.control.ControlPlane;
import dev.meshctl.gateway.daemon.FederationGateway;
import dev.meshctl.proxy.daemon.MeshProxy;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.TrustBridge;
import dev.meshctl.trust.client.TrustAdminClient;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Runs all daemons of a cluster for a moment in one JVM, in a directory of its own, so that the JVM can write an
 * archive of the classes that they load. Daemons that start from the archive start in about half the time.
 */
public final class ArchiveTraining {
    private static final TrustDomain TRUST_DOMAIN = TrustDomain.ofCluster("training");
    private static final Duration READY_LIMIT = Duration.ofSeconds(60);
    private static final Duration TOKEN_LIFE = Duration.ofMinutes(5);

    private final Path directory;
    private final Map<String, String> addresses = new HashMap<>();
    private final List<Daemon.Running> running = new ArrayList<>();

    private ArchiveTraining(Path directory) {
        this.directory = directory;
    }

    /** Takes no arguments; exit code 1 when a daemon does not start. */
    public static void main(String[] args) throws Exception {
        Path directory = Files.createTempDirectory("meshctl-training");
        int status = 0;
        try {
            new ArchiveTraining(directory).run();
        } catch (Exception e) {
            System.err.println("no training: " + e);
            status = 1;
        } finally {
            delete(directory);
        }
        System.exit(status);
    }

    private void run() throws Exception {
        try {
            start(Component.TRUST_BRIDGE);
            Path socket = directory.resolve(Component.TRUST_BRIDGE.directory()).resolve("admin.sock");
            try (TrustAdminClient tokens = TrustAdminClient.overSocket(socket)) {
                for (Component component : Component.values()) {
                    for (SystemIdentity identity : component.identities()) {
                        String token = tokens.createJoinToken(SpiffeId.of(TRUST_DOMAIN, identity), TOKEN_LIFE).token();
                        Path file = PrivateDirectory.create(tokensOf(component)).resolve(identity.serviceAccount() + ".token");
                        DurableFile.write(file, token.getBytes(StandardCharsets.UTF_8), DurableFile.PRIVATE);
                    }
                }
            }
            start(Component.CONTROL_PLANE);
            start(Component.FEDERATION_GATEWAY);
            start(Component.MESH_PROXY);
            awaitReady(Component.FEDERATION_GATEWAY);
            awaitReady(Component.MESH_PROXY);
        } finally {
            for (Daemon.Running each : running.reversed()) {
                each.close();
            }
        }
    }

    private void start(Component component) throws Exception {
        DaemonConfig config = config(component);
        InstantSource clock = InstantSource.system();
        PrivateDirectory.create(config.dataDir());
        Daemon.Running started = switch (component) {
            case TRUST_BRIDGE -> TrustBridge.start(config, clock);
            case CONTROL_PLANE -> ControlPlane.start(config, clock);
            case FEDERATION_GATEWAY -> FederationGateway.start(config, clock);
            case MESH_PROXY -> MeshProxy.start(config, clock);
        };
        running.add(started);
        started.listening().forEach((name, at) -> addresses.put(component.directory() + "/" + name, at));
    }

    private DaemonConfig config(Component component) {
        Map<String, String> listen = new HashMap<>();
        component.listeners().keySet().forEach(name -> listen.put(name, "127.0.0.1:0"));
        boolean trustBridge = component == Component.TRUST_BRIDGE;
        return new DaemonConfig("training", TRUST_DOMAIN, "training", directory.resolve(component.directory()), listen,
                trustBridge ? null : address("trust-bridge/signing"),
                trustBridge || component == Component.CONTROL_PLANE ? null : address("control-plane/api"),
                directory.resolve(Component.TRUST_BRIDGE.directory()).resolve(TrustBridge.BUNDLE_FILE),
                tokensOf(component),
                component == Component.MESH_PROXY ? Map.of("workload-range", "") : Map.of());
    }

    private HostPort address(String listener) {
        return HostPort.parse(addresses.getOrDefault(listener, ""));
    }

    private Path tokensOf(Component component) {
        return directory.resolve(component.directory()).resolve("tokens");
    }

    private void awaitReady(Component component) throws IOException, InterruptedException {
        URI uri = URI.create("http://" + address(component.directory() + "/metrics") + "/readyz");
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setConnectTimeout(1000);
            connection.setReadTimeout(1000);
            if (isOk(connection)) {
                return;
            }
            Waiting.pause();
        }
        throw new IOException(component.directory() + " is not ready");
    }

    private static boolean isOk(HttpURLConnection connection) throws IOException {
        try {
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (SocketTimeoutException e) {
            return false; // a machine that is busy building
        }
    }

    private static void delete(Path directory) throws IOException {
        List<Path> deepestFirst;
        try (Stream<Path> files = Files.walk(directory)) {
            deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : deepestFirst) {
            Files.deleteIfExists(file);
        }
    }
}
