package dev.meshctl.image;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.client.TrustAdminClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/** The components of one local cluster, each in a container of the image. */
final class ContainedMesh {
    private static final TrustDomain TRUST_DOMAIN = TrustDomain.ofCluster("contained");
    private static final Duration READY_LIMIT = Duration.ofSeconds(120);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final UnpackedImage image;
    private final int user;
    private final LinkedHashMap<String, Process> processes = new LinkedHashMap<>();
    private final Map<String, String> addresses = new HashMap<>();
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

    /** @param user whom all of them run as */
    ContainedMesh(UnpackedImage image, int user) {
        this.image = image;
        this.user = user;
    }

    void startTrustBridge() throws Exception {
        start("trust-bridge", List.of("signing", "bundle", "metrics"), Map.of());
    }

    void start(String component, List<String> listeners, Map<String, String> options, SystemIdentity... identities) throws Exception {
        Path directory = Files.createDirectories(image.volume().resolve(component).resolve("tokens"));
        try (TrustAdminClient tokens = TrustAdminClient.overSocket(image.volume().resolve("trust-bridge/admin.sock"))) {
            for (SystemIdentity identity : identities) {
                String token = tokens.createJoinToken(SpiffeId.of(TRUST_DOMAIN, identity), Duration.ofMinutes(5)).token();
                Files.writeString(directory.resolve(identity.serviceAccount() + ".token"), token);
            }
        }
        start(component, listeners, options);
    }

    private void start(String component, List<String> listeners, Map<String, String> options) throws Exception {
        Path directory = Files.createDirectories(image.volume().resolve(component));
        config(component, listeners, options).write(directory.resolve("config.json"));
        own(image.volume());
        Process process = image.start(user, directory.resolve("out.log"), component, "--config",
                UnpackedImage.VOLUME + "/" + component + "/config.json");
        processes.put(component, process);
        await(component + " is ready", directory, process, () -> listening(component, directory) && ready(component));
    }

    private DaemonConfig config(String component, List<String> listeners, Map<String, String> options) {
        Map<String, String> listen = new HashMap<>();
        listeners.forEach(name -> listen.put(name, "127.0.0.1:0"));
        boolean trustBridge = component.equals("trust-bridge");
        boolean configured = !trustBridge && !component.equals("control-plane");
        Path volume = Path.of(UnpackedImage.VOLUME);
        return new DaemonConfig("contained", TRUST_DOMAIN, "contained", volume.resolve(component), listen,
                trustBridge ? null : HostPort.parse(address("trust-bridge/signing")),
                configured ? HostPort.parse(address("control-plane/api")) : null,
                volume.resolve("trust-bridge/bundle.json"), volume.resolve(component).resolve("tokens"), options);
    }

    private String address(String listener) {
        return addresses.getOrDefault(listener, "");
    }

    private void own(Path directory) throws IOException, InterruptedException {
        Process chown = new ProcessBuilder("chown", "-R", user + ":" + user, directory.toString()).inheritIO().start();
        if (!chown.waitFor(10, TimeUnit.SECONDS) || chown.exitValue() != 0) {
            throw new IOException("chown failed");
        }
    }

    private boolean listening(String component, Path directory) throws IOException {
        Path ready = directory.resolve("ready.json");
        if (!Files.exists(ready)) {
            return false;
        }
        JSON.readTree(Files.readAllBytes(ready)).path("listen")
                .forEachEntry((name, at) -> addresses.put(component + "/" + name, at.asString()));
        return true;
    }

    /** What kubelet asks for. */
    private boolean ready(String component) throws InterruptedException {
        URI uri = URI.create("http://" + address(component + "/metrics") + "/readyz");
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(2)).build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        }
    }

    /** The process of a component. */
    Process process(String component) {
        Process process = processes.get(component);
        if (process == null) {
            throw new IllegalArgumentException(component + " was not started");
        }
        return process;
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Path directory, Process process, Condition condition) throws Exception {
        long deadline = System.nanoTime() + READY_LIMIT.toNanos();
        while (!condition.holds()) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new AssertionError("not true after a while: " + what + "\n" + Files.readString(directory.resolve("out.log")));
            }
            process.waitFor(50, TimeUnit.MILLISECONDS);
        }
    }

    /** As kubelet does: the last started first; each has 15 s to end by itself. */
    void stop() throws InterruptedException {
        for (Map.Entry<String, Process> each : processes.sequencedEntrySet().reversed()) {
            UnpackedImage.inside(each.getValue()).destroy();
            if (!each.getValue().waitFor(15, TimeUnit.SECONDS)) {
                each.getValue().destroyForcibly();
                throw new AssertionError(each.getKey() + " did not end when it was told to");
            }
        }
        http.close();
    }
}
