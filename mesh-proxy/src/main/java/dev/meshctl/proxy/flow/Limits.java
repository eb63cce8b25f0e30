package dev.meshctl.proxy.flow;

import java.time.Duration;

/**
 * Every bound of the data path.
 *
 * @param maxHeaderBytes request line and headers of one message; above: 431
 * @param maxConcurrentStreams of one HTTP/2 connection, both sides
 * @param streamWindowBytes HTTP/2 flow-control window of one stream: what a slow reader may keep buffered
 * @param retryBufferBytes body bytes kept of one request, so that it can be sent again
 * @param lowWaterBytes of a channel's write buffer: reading of the other side goes on below
 * @param highWaterBytes of a channel's write buffer: reading of the other side stops above
 * @param maxConnections accepted by one listener at a time; more are closed as overloaded
 * @param maxAppConnections of one workload's inbound side to its application, per event loop
 * @param detectTimeout for the first bytes of a connection
 * @param handshakeTimeout of TLS, both sides
 * @param headerTimeout from the first byte of a request to the end of its headers
 * @param keepAliveTimeout of a client connection between two requests
 * @param poolIdleTimeout of an idle connection to an endpoint or application
 * @param streamIdleTimeout without a byte in either direction within a request or opaque connection
 * @param appConnectTimeout to the application, and to hosts outside the mesh
 */
public record Limits(
        int maxHeaderBytes,
        int maxConcurrentStreams,
        int streamWindowBytes,
        int retryBufferBytes,
        int lowWaterBytes,
        int highWaterBytes,
        int maxConnections,
        int maxAppConnections,
        Duration detectTimeout,
        Duration handshakeTimeout,
        Duration headerTimeout,
        Duration keepAliveTimeout,
        Duration poolIdleTimeout,
        Duration streamIdleTimeout,
        Duration appConnectTimeout) {

    public static final Limits DEFAULT = new Limits(
            16 * 1024,
            100,
            64 * 1024,
            64 * 1024,
            32 * 1024,
            64 * 1024,
            10_000,
            1024,
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10),
            Duration.ofSeconds(75),
            Duration.ofSeconds(60),
            Duration.ofSeconds(300),
            Duration.ofSeconds(1));

    /** The same with other timeouts for the phases in which a client may be slow. */
    public Limits withClientTimeouts(Duration detect, Duration header, Duration streamIdle) {
        return new Limits(maxHeaderBytes, maxConcurrentStreams, streamWindowBytes, retryBufferBytes, lowWaterBytes,
                highWaterBytes, maxConnections, maxAppConnections, detect, handshakeTimeout, header, keepAliveTimeout,
                poolIdleTimeout, streamIdle, appConnectTimeout);
    }
}
