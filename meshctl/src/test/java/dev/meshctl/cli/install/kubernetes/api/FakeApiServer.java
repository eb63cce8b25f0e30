package dev.meshctl.cli.install.kubernetes.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An API server as far as an installation sees one: server-side apply with owners of fields, dry runs, conflicts,
 * immutable fields, namespaces that end, kinds that are there only after their definition. What controllers would do
 * happens at once, unless a test says otherwise.
 */
public final class FakeApiServer implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Answer LOST = new Answer(0, "");

    /** An answer. */
    record Answer(int code, String body) {}

    /** A request that is answered otherwise. */
    private record Fault(BiPredicate<String, String> applies, AtomicInteger times, Answer answer) {}

    private final HttpServer server;
    private final FakeObjects objects = new FakeObjects();
    private final List<Fault> faults = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final Map<String, String> logs = new ConcurrentHashMap<>();
    private volatile Predicate<JsonNode> allowed = attributes -> true;
    private volatile String version = "v1.31.2";

    public FakeApiServer() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", this::handle);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    public FakeObjects objects() {
        return objects;
    }

    /** Who may do what, by {@code spec.resourceAttributes} of the question. */
    public void allow(Predicate<JsonNode> rule) {
        allowed = rule;
    }

    public void version(String gitVersion) {
        version = gitVersion;
    }

    public void log(String pod, String text) {
        logs.put(pod, text);
    }

    /** Answers requests otherwise, so many times. */
    public void fail(int times, BiPredicate<String, String> methodAndPath, int code, String status) {
        faults.add(new Fault(methodAndPath, new AtomicInteger(times), new Answer(code, status)));
    }

    /** Carries requests out and answers nothing, so many times. */
    public void loseAnswers(int times, BiPredicate<String, String> methodAndPath) {
        faults.add(new Fault(methodAndPath, new AtomicInteger(times), LOST));
    }

    public void recover() {
        faults.clear();
    }

    /** Method and path with its query of each request, in order. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    public void forget() {
        requests.clear();
    }

    /** A body as API servers write it. */
    public static String status(int code, String reason, String message) {
        return JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Failure")
                .put("reason", reason).put("message", message).put("code", code).toString();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            Answer answer = fault(exchange.getRequestMethod(), path);
            if (answer == null) {
                answer = answer(exchange, path, body);
            } else if (answer == LOST) {
                answer(exchange, path, body);
                return; // closes the connection
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(answer.code(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private synchronized @Nullable Answer fault(String method, String path) {
        for (Fault fault : faults) {
            if (fault.times().get() > 0 && fault.applies().test(method, path)) {
                fault.times().decrementAndGet();
                return fault.answer();
            }
        }
        return null;
    }

    private Answer answer(HttpExchange exchange, String path, String body) {
        Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
        if (path.equals("/version")) {
            return new Answer(200, JSON.createObjectNode().put("gitVersion", version).toString());
        }
        if (path.endsWith("/selfsubjectaccessreviews")) {
            ObjectNode review = (ObjectNode) JSON.readTree(body);
            review.putObject("status").put("allowed", allowed.test(review.path("spec").path("resourceAttributes")));
            return new Answer(201, review.toString());
        }
        if (path.endsWith("/log")) {
            String[] parts = path.split("/");
            return new Answer(200, logs.getOrDefault(parts[parts.length - 2], ""));
        }
        String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
        try {
            return switch (exchange.getRequestMethod()) {
                case "GET" -> objects.isObject(path) ? new Answer(200, objects.read(path).toString())
                        : new Answer(200, objects.list(path, query).toString());
                case "POST" -> new Answer(201, objects.create(path, (ObjectNode) JSON.readTree(body)).toString());
                case "PATCH" -> new Answer(200, (type.contains("apply-patch")
                        ? objects.apply(path, (ObjectNode) JSON.readTree(body), query.getOrDefault("fieldManager", ""),
                                query.containsKey("force"), query.containsKey("dryRun"))
                        : objects.merge(path, (ObjectNode) JSON.readTree(body))).toString());
                case "DELETE" -> new Answer(200, objects.delete(path).toString());
                default -> new Answer(405, status(405, "MethodNotAllowed", "method not allowed"));
            };
        } catch (FakeObjects.Refused e) {
            return new Answer(e.code(), e.body());
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : raw == null ? new String[0] : raw.split("&")) {
            int equals = pair.indexOf('=');
            query.put(equals < 0 ? pair : pair.substring(0, equals),
                    equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
        }
        return query;
    }

    /** The requests that change something. */
    public List<String> writes() {
        List<String> writes = new ArrayList<>(requests);
        writes.removeIf(line -> line.startsWith("GET") || line.contains("dryRun") || line.contains("selfsubjectaccessreviews"));
        return writes;
    }
}
