package dev.meshctl.cli.run;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A hosted workload and its process. Hosted again by itself when the proxy restarts. */
public interface RunningWorkload extends AutoCloseable {
    /** {@code <service>-<version>-<suffix>.<namespace>}. */
    String id();

    String spiffeId();

    /** Where its calls go in: the HTTP proxy, {@code host:port}. May change when the proxy restarts. */
    String outbound();

    /** Where calls to it arrive, {@code host:port}; empty for a client only. */
    String inbound();

    /** Listen address by {@code host:port} of the upstream. */
    Map<String, String> upstreams();

    /**
     * Waits until the application accepts connections on all its ports and the proxy knows.
     *
     * @return false if it did not in time or has ended
     */
    boolean awaitReady(Duration timeout) throws InterruptedException;

    /** Completes with the exit code of the process, 128 + n for signal n; never exceptionally. */
    CompletableFuture<Integer> exit();

    /** Passes a signal on: {@code INT}, {@code TERM}, {@code HUP}, {@code KILL}. */
    void signal(String name);

    /**
     * Drains a service, then passes a signal on; the second time at once. A process that has not ended some time
     * after {@code TERM} ({@link RunSpec#killAfter}) is killed.
     *
     * @param pass false when the process gets the signal from the terminal itself
     */
    void drainThenSignal(String name, boolean pass);

    /** Drains, stops the process (TERM, after the timeout KILL), and ends the hosting. */
    void stop(Duration timeout);

    /** Stops at once with the drain time of the spec. */
    @Override
    void close();
}
