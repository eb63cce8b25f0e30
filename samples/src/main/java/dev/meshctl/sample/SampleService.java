package dev.meshctl.sample;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A service as users have it: plain HTTP/1.1 on a port of its own. It answers {@code GET /} with who
 * it is, who asked (the {@code x-forwarded-*} headers that it got) and what the services it calls said,
 * and {@code GET /healthz} with {@code ok}.
 *
 * <p>When a call fails, the answer is 502 and says which.
 */
public final class SampleService implements AutoCloseable {
    private static final int BACKLOG = 512;
    private static final int STOP_GRACE_SECONDS = 1;

    private final SampleOptions options;
    private final Downstream downstream;
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong requests = new AtomicLong();

    private SampleService(SampleOptions options, HttpServer server) {
        this.options = options;
        this.downstream = new Downstream(options.proxy());
        this.server = server;
    }

    /**
     * Opens the port and answers.
     *
     * @throws IOException if the port cannot be opened; the message names it
     */
    public static SampleService start(SampleOptions options) throws IOException {
        // Read by the JDK's server once, when its first connection comes; without it each answer of a kept-alive
        // connection waits for a delayed ACK.
        System.setProperty("sun.net.httpserver.nodelay", "true");
        InetSocketAddress address = new InetSocketAddress(options.address(), options.port());
        HttpServer server;
        try {
            server = HttpServer.create(address, BACKLOG);
        } catch (IOException e) {
            throw new IOException(
                    options.name() + " cannot listen on " + options.address() + ":" + options.port() + ": "
                            + e.getMessage(), e);
        }
        SampleService service = new SampleService(options, server);
        server.setExecutor(service.executor);
        server.createContext("/", service::answer);
        server.createContext("/healthz", exchange -> send(exchange, 200, "text/plain", "ok\n"));
        server.start();
        return service;
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Requests of {@code /} so far. */
    public long requests() {
        return requests.get();
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.incrementAndGet();
        exchange.getRequestBody().readAllBytes();
        pause();
        if (ThreadLocalRandom.current().nextDouble() < options.errorRate()) {
            send(exchange, 500, "application/json", describe(exchange, List.of(), "this version is broken"));
            return;
        }
        List<Downstream.Result> results = new ArrayList<>();
        for (var call : options.calls()) {
            results.add(downstream.call(call, exchange.getRequestHeaders()));
        }
        boolean good = results.stream().allMatch(Downstream.Result::good);
        send(exchange, good ? 200 : 502, "application/json", describe(exchange, results, ""));
    }

    private void pause() throws IOException {
        if (options.delay().isZero()) {
            return;
        }
        try {
            Thread.sleep(options.delay());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopped while answering", e);
        }
    }

    private String describe(HttpExchange exchange, List<Downstream.Result> results, String error) {
        Json json = new Json()
                .field("service", options.name())
                .field("version", options.version())
                .field("host", options.address() + ":" + port())
                .field("pid", ProcessHandle.current().pid())
                .field("method", exchange.getRequestMethod())
                .field("path", exchange.getRequestURI().toString());
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (name.regionMatches(true, 0, "x-forwarded-", 0, 12)) {
                json.field(name.toLowerCase(java.util.Locale.ROOT), String.join(",", values));
            }
        });
        if (!error.isEmpty()) {
            json.field("error", error);
        }
        return json.list("calls", results.stream().map(Downstream.Result::toJson).toList()) + "\n";
    }

    private static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        try (exchange) {
            exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
            if (!head) {
                exchange.getResponseBody().write(bytes);
            }
        }
    }

    /** Lets running answers end for one second, then stops. */
    @Override
    public void close() {
        server.stop(STOP_GRACE_SECONDS);
        executor.shutdownNow();
        downstream.close();
    }

    /** Runs until SIGTERM. Exit codes: 2 for wrong flags, 1 when the port cannot be opened. */
    public static void main(String[] args) throws InterruptedException {
        SampleOptions options;
        try {
            options = SampleOptions.parse(List.of(args), System.getenv("http_proxy"));
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n" + SampleOptions.USAGE);
            System.exit(2);
            return;
        }
        try {
            SampleService service = start(options);
            Runtime.getRuntime().addShutdownHook(new Thread(service::close, "stop"));
            System.out.println(options.name() + " " + options.version() + " listens on " + options.address() + ":"
                    + service.port());
        } catch (IOException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
        new CountDownLatch(1).await();
    }
}
