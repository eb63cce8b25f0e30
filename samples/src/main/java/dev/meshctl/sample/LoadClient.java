package dev.meshctl.sample;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Sends GETs of one URL through an HTTP proxy until closed, over kept connections.
 *
 * <p>An open loop sends at a rate whatever comes back, and measures from the time a request was due, so a
 * server that stands still is not flattered; a closed loop keeps a number of requests in flight; a paced load
 * keeps to a rate as long as few requests are in flight, and waits when the machine is too slow for it.
 */
public final class LoadClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_IN_FLIGHT = 512;
    private static final int MAX_KEPT_FAILURES = 8;
    private static final Pattern VERSION = Pattern.compile("\"version\":\"([^\"]{1,63})\"");

    private final InetSocketAddress proxy;
    private final URI url;
    private final ConnectionPool pool = new ConnectionPool(TIMEOUT);
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);
    private final long startNanos = System.nanoTime();
    private volatile boolean running = true;

    private final LongAdder failed = new LongAdder();
    private final Map<Integer, LongAdder> byStatus = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> byCause = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> byVersion = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> byCluster = new ConcurrentHashMap<>();
    private final AtomicLong requests = new AtomicLong();
    private final Latencies latencies = new Latencies();
    private final ConcurrentLinkedQueue<String> firstFailures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger keptFailures = new AtomicInteger();

    private LoadClient(InetSocketAddress proxy, URI url) {
        this.proxy = proxy;
        this.url = url;
    }

    /**
     * Sends at a steady rate. More than 512 requests in flight are not sent, and counted as failed with the
     * cause {@code client_overloaded}.
     *
     * @param perSecond above 0, at most 10,000
     */
    public static LoadClient openLoop(InetSocketAddress proxy, URI url, double perSecond) {
        if (!(perSecond > 0) || perSecond > 10_000) {
            throw new IllegalArgumentException("rate must be above 0 and at most 10000 per second");
        }
        LoadClient client = new LoadClient(proxy, url);
        long gapNanos = (long) (TimeUnit.SECONDS.toNanos(1) / perSecond);
        client.threads.execute(() -> client.sendAtRate(gapNanos));
        return client;
    }

    /**
     * Sends at a rate, or slower: never more than the given number of requests is in flight.
     *
     * @param perSecond above 0, at most 10,000
     * @param maxInFlight 1 to 512
     */
    public static LoadClient paced(InetSocketAddress proxy, URI url, double perSecond, int maxInFlight) {
        if (!(perSecond > 0) || perSecond > 10_000 || maxInFlight < 1 || maxInFlight > MAX_IN_FLIGHT) {
            throw new IllegalArgumentException("rate must be above 0 and at most 10000 per second, "
                    + "requests in flight 1 to " + MAX_IN_FLIGHT);
        }
        LoadClient client = new LoadClient(proxy, url);
        long gapNanos = (long) (TimeUnit.SECONDS.toNanos(1) * maxInFlight / perSecond);
        for (int i = 0; i < maxInFlight; i++) {
            long first = System.nanoTime() + gapNanos * i / maxInFlight;
            client.threads.execute(() -> client.sendPaced(first, gapNanos));
        }
        return client;
    }

    /**
     * Keeps as many requests in flight as there are connections.
     *
     * @param connections 1 to 512
     */
    public static LoadClient closedLoop(InetSocketAddress proxy, URI url, int connections) {
        if (connections < 1 || connections > MAX_IN_FLIGHT) {
            throw new IllegalArgumentException("connections must be 1 to " + MAX_IN_FLIGHT);
        }
        LoadClient client = new LoadClient(proxy, url);
        for (int i = 0; i < connections; i++) {
            client.threads.execute(() -> {
                while (client.running) {
                    client.send(System.nanoTime());
                }
            });
        }
        return client;
    }

    /** One GET through a proxy, apart from any load. */
    public static HttpAnswer get(InetSocketAddress proxy, URI url, Duration timeout) throws IOException {
        try (HttpConnection connection = new HttpConnection(proxy, timeout)) {
            return connection.get(url, true, null);
        }
    }

    private void sendPaced(long first, long gapNanos) {
        long due = first;
        while (running) {
            long now = System.nanoTime();
            if (due > now) {
                LockSupport.parkNanos(due - now);
                if (Thread.interrupted()) {
                    return;
                }
                continue;
            }
            send(now);
            due = Math.max(due + gapNanos, System.nanoTime());
        }
    }

    private void sendAtRate(long gapNanos) {
        long due = System.nanoTime();
        while (running) {
            long wait = due - System.nanoTime();
            if (wait > 0) {
                LockSupport.parkNanos(wait);
                if (Thread.interrupted()) {
                    return;
                }
                continue;
            }
            long at = due;
            due += gapNanos;
            if (!inFlight.tryAcquire()) {
                requests.incrementAndGet();
                fail("client_overloaded", MAX_IN_FLIGHT + " requests are in flight");
                continue;
            }
            threads.execute(() -> {
                try {
                    send(at);
                } finally {
                    inFlight.release();
                }
            });
        }
    }

    private void send(long fromNanos) {
        try {
            HttpAnswer answer = pool.get(proxy, url, true, null);
            latencies.record(Duration.ofNanos(System.nanoTime() - fromNanos));
            requests.incrementAndGet();
            count(byStatus, answer.status());
            if (answer.status() >= 400) {
                String cause = answer.header("x-meshctl-error");
                fail(cause.isEmpty() ? "status_" + answer.status() : cause,
                        answer.status() + " " + answer.body().strip());
            } else {
                countGood(answer);
            }
        } catch (IOException e) {
            if (running) {
                requests.incrementAndGet();
                fail(HttpAnswer.causeOf(e), String.valueOf(e.getMessage()));
            }
        }
    }

    private void countGood(HttpAnswer answer) {
        Matcher version = VERSION.matcher(answer.body());
        if (version.find()) {
            count(byVersion, version.group(1));
        }
        String servedBy = answer.header("x-meshctl-served-by");
        if (!servedBy.isEmpty()) {
            int slash = servedBy.indexOf('/');
            count(byCluster, slash < 0 ? servedBy : servedBy.substring(0, slash));
        }
    }

    private void fail(String cause, String detail) {
        failed.increment();
        count(byCause, cause);
        if (keptFailures.getAndIncrement() < MAX_KEPT_FAILURES) {
            String text = cause + ": " + detail;
            firstFailures.add(text.length() > 300 ? text.substring(0, 300) : text);
        }
    }

    private static <K> void count(Map<K, LongAdder> counts, K key) {
        counts.computeIfAbsent(key, any -> new LongAdder()).increment();
    }

    /** What was seen until now. */
    public LoadReport report() {
        return new LoadReport(
                requests.get(),
                failed.sum(),
                sums(byStatus),
                sums(byCause),
                sums(byVersion),
                sums(byCluster),
                latencies.copy(),
                List.copyOf(firstFailures),
                Duration.ofNanos(System.nanoTime() - startNanos));
    }

    private static <K> Map<K, Long> sums(Map<K, LongAdder> counts) {
        Map<K, Long> sums = new java.util.HashMap<>();
        counts.forEach((key, adder) -> sums.put(key, adder.sum()));
        return sums;
    }

    /** Sends no more, waits at most one request timeout for those in flight, and returns the last report. */
    public LoadReport stop() {
        running = false;
        threads.shutdown();
        try {
            if (!threads.awaitTermination(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException e) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
        pool.close();
        return report();
    }

    @Override
    public void close() {
        stop();
    }
}
