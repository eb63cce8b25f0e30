package dev.meshctl.proxy.sidecar;

import dev.meshctl.runtime.daemon.HttpPort.Document;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The application's own probes, which the injector has replaced by paths of the proxy: {@code {"/app-probe/web/liveness":
 * {"httpGet": {…}, "port": 8080, "timeoutSeconds": 1}}}, the handler as the Kubernetes API has it.
 */
public record AppProbes(Map<String, AppProbe> byPath) {
    /** Of an application that has none. */
    public static final AppProbes NONE = new AppProbes(Map.of());

    static final int MAX_PROBES = 256;
    private static final String BASE = "/app-probe/";
    private static final int MAX_TIMEOUT_SECONDS = 600;
    private static final String PLAIN = "text/plain; charset=utf-8";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public AppProbes {
        byPath = Map.copyOf(byPath);
    }

    /**
     * Reads the record.
     *
     * @throws IllegalArgumentException names the path and the field that is wrong
     */
    public static AppProbes parse(String json) {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("it is no JSON: " + e.getOriginalMessage(), e);
        }
        Map<String, AppProbe> probes = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : root.properties()) {
            try {
                probes.put(path(entry.getKey()), probe(entry.getValue()));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(entry.getKey() + ": " + e.getMessage(), e);
            }
        }
        if (probes.size() > MAX_PROBES) {
            throw new IllegalArgumentException("at most " + MAX_PROBES + " probes");
        }
        return new AppProbes(probes);
    }

    private static String path(String path) {
        if (!path.startsWith(BASE)) {
            throw new IllegalArgumentException("does not start with " + BASE);
        }
        return path;
    }

    private static AppProbe probe(JsonNode node) {
        int port = number(node, "port", 65_535);
        Duration timeout = Duration.ofSeconds(number(node, "timeoutSeconds", MAX_TIMEOUT_SECONDS));
        if (node.has("httpGet")) {
            return HttpProbe.read(node.path("httpGet"), port, timeout);
        }
        if (node.has("tcpSocket")) {
            return new TcpProbe(port, timeout);
        }
        if (node.has("grpc")) {
            return new GrpcProbe(node.path("grpc").path("service").asString(""), port, timeout);
        }
        throw new IllegalArgumentException("has none of httpGet, tcpSocket and grpc");
    }

    private static int number(JsonNode node, String field, int max) {
        JsonNode value = node.path(field);
        if (!value.isInt() || value.intValue() < 1 || value.intValue() > max) {
            throw new IllegalArgumentException(field + ": must be 1 to " + max);
        }
        return value.intValue();
    }

    /** What the kubelet asks, by path: 200 if the application's own probe succeeds, else 503 with the reason. */
    public Map<String, Supplier<Document>> documents(InetAddress application) {
        Map<String, Supplier<Document>> documents = new LinkedHashMap<>();
        byPath.forEach((path, probe) -> documents.put(path, () -> {
            String failure = probe.failure(new InetSocketAddress(application, probe.port()));
            return Document.text(failure.isEmpty() ? 200 : 503, PLAIN, (failure.isEmpty() ? "ok" : failure) + "\n");
        }));
        return documents;
    }
}
