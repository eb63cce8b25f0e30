package dev.meshctl.trust.bundle;

import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.HttpPort;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.tls.MeshTls;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Serves the own bundle at {@code /} over HTTPS with the trust bridge's SVID (profile {@code https_spiffe}).
 * Open to anyone: a bundle is public. Bounds and counters are those of {@link HttpPort}.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md">SPIFFE Federation,
 *     section 5</a>
 */
public final class BundleEndpoint implements AutoCloseable {
    private final HttpPort port;

    /**
     * Starts serving.
     *
     * @throws BindException if the address is in use; the message names it
     */
    public BundleEndpoint(
            InetSocketAddress bind, SvidSource identity, Supplier<TrustBundle> bundle, Counters counters)
            throws IOException {
        try {
            port = new HttpPort(bind, MeshTls.publicServer(identity), Map.of("/", () -> document(bundle.get())), counters);
        } catch (BindException e) {
            BindException named = new BindException("bundle endpoint address " + bind + ": " + e.getMessage());
            named.initCause(e);
            throw named;
        }
    }

    private static HttpPort.Document document(TrustBundle bundle) {
        return new HttpPort.Document(200, "application/json", SpiffeJson.write(bundle));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return port.address();
    }

    @Override
    public void close() {
        port.close();
    }
}
