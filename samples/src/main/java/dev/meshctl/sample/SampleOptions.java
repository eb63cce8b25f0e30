package dev.meshctl.sample;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link SampleService} is and does.
 *
 * @param name shown in answers
 * @param version shown in answers
 * @param address IP literal to listen on
 * @param port 0 to 65535; 0: any
 * @param calls URLs that each {@code GET /} calls, in this order
 * @param errorRate share of requests answered 500, 0 to 1
 * @param delay before each answer, 0 to 60 s
 * @param proxy the HTTP proxy for the calls; null: none
 */
public record SampleOptions(
        String name,
        String version,
        String address,
        int port,
        List<URI> calls,
        double errorRate,
        Duration delay,
        @Nullable URI proxy) {
    static final String USAGE = """
            usage: SampleService --name NAME [--version VERSION] [--address IP] [--port PORT] [--call URL]...
                                 [--error-rate 0..1] [--delay MILLISECONDS]
            Calls go through the proxy that the environment variable http_proxy names.""";

    private static final Duration MAX_DELAY = Duration.ofSeconds(60);

    public SampleOptions {
        calls = List.copyOf(calls);
        require(!name.isEmpty(), "--name is missing");
        require(port >= 0 && port <= 65535, "--port must be 0 to 65535");
        require(errorRate >= 0 && errorRate <= 1, "--error-rate must be 0 to 1");
        require(!delay.isNegative() && delay.compareTo(MAX_DELAY) <= 0, "--delay must be 0 to 60000 milliseconds");
        for (URI call : calls) {
            require("http".equals(call.getScheme()) && call.getHost() != null,
                    "--call \"" + call + "\" must be an http URL");
        }
    }

    /** A service without calls, errors or delay on any port of 127.0.0.1. */
    public static SampleOptions of(String name, String version) {
        return new SampleOptions(name, version, "127.0.0.1", 0, List.of(), 0, Duration.ZERO, null);
    }

    /**
     * Reads the command line.
     *
     * @param httpProxy the value of {@code http_proxy}, null or empty for none
     * @throws IllegalArgumentException that names the flag
     */
    static SampleOptions parse(List<String> arguments, @Nullable String httpProxy) {
        String name = "";
        String version = "v1";
        String address = "127.0.0.1";
        int port = 0;
        List<URI> calls = new ArrayList<>();
        double errorRate = 0;
        Duration delay = Duration.ZERO;
        Iterator<String> rest = arguments.iterator();
        while (rest.hasNext()) {
            String flag = rest.next();
            require(flag.startsWith("--"), "unexpected argument \"" + flag + "\"");
            require(rest.hasNext(), flag + " needs a value");
            String value = rest.next();
            try {
                switch (flag) {
                    case "--name" -> name = value;
                    case "--version" -> version = value;
                    case "--address" -> address = value;
                    case "--port" -> port = Integer.parseInt(value);
                    case "--call" -> calls.add(URI.create(value));
                    case "--error-rate" -> errorRate = Double.parseDouble(value);
                    case "--delay" -> delay = Duration.ofMillis(Long.parseLong(value));
                    default -> throw new IllegalArgumentException("unknown flag " + flag);
                }
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(flag + " \"" + value + "\" is not a number", e);
            }
        }
        URI proxy = httpProxy == null || httpProxy.isEmpty() ? null : URI.create(httpProxy);
        return new SampleOptions(name, version, address, port, calls, errorRate, delay, proxy);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
