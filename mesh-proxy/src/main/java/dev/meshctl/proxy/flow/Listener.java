package dev.meshctl.proxy.flow;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** An open port of a workload. */
public interface Listener extends AutoCloseable {
    /** The bound address; never with port 0. */
    InetSocketAddress address();

    /**
     * Stops accepting, asks clients to go elsewhere ({@code connection: close}, GOAWAY) and lets requests in
     * flight finish. Completes when all connections are closed, or at the deadline, when the rest is cut.
     *
     * @return the number of connections cut at the deadline
     */
    CompletionStage<Integer> drain(Duration deadline);

    /** Closes the port and all its connections at once. */
    @Override
    void close();
}
