package dev.meshctl.proxy.tls;

import dev.meshctl.proxy.flow.FailureCause;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A place to connect to.
 *
 * @param tls null: plain
 * @param http2 HTTP/2 rather than HTTP/1.1, for HTTP
 * @param maxPending requests that may wait for a connection
 * @param refused the cause when a connection fails, but for TLS and timeouts
 */
public record Origin(
        InetSocketAddress address,
        @Nullable TlsTarget tls,
        boolean http2,
        ConnectionGate gate,
        int maxPending,
        Duration connectTimeout,
        FailureCause refused) {

    /** What connections may be shared by: equal keys lead to the same server, by the same protocol. */
    public record Key(InetSocketAddress address, String sni, boolean http2) {}

    public Key key() {
        return new Key(address, tls == null ? "" : tls.sni(), http2);
    }
}
