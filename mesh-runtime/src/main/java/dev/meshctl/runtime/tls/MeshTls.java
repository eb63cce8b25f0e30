package dev.meshctl.runtime.tls;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * TLS contexts of the mesh: TLS 1.3, BoringSSL where it is available, no session resumption: a resumed session would skip
 * the check of the peer, for as long as the server's tickets are good (with the JDK's own TLS that is a second). A context holds one SVID; build another when that is renewed, or use the
 * forms that take an {@link SvidSource}. Bundles are asked at each handshake. Host names are not checked: the
 * identity is the SPIFFE ID.
 */
public final class MeshTls {
    private static final SslProvider PROVIDER = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
    /** Empty switches off the check of the host name, which Netty has on for clients. */
    private static final String NO_HOST_NAME = "";

    private MeshTls() {}

    /** The library that does the cryptography: "BoringSSL" or "JDK". */
    public static String provider() {
        return PROVIDER == SslProvider.OPENSSL ? "BoringSSL" : "JDK";
    }

    /**
     * A server's context that holds this SVID.
     *
     * @param alpn the protocols that are accepted, in order of preference; may be empty
     * @throws UncheckedIOException if the SVID's key or chain is not usable
     */
    public static SslContext server(Svid svid, BundleSource bundles, ClientAuth clientAuth, List<String> alpn) {
        return server(svid, new SpiffeTrustManager(bundles, InstantSource.system()), clientAuth, alpn, "TLSv1.3");
    }

    private static SslContext server(
            Svid svid, SpiffeTrustManager trust, ClientAuth clientAuth, List<String> alpn, String... protocols) {
        try {
            return WithoutTickets.of(SslContextBuilder.forServer(svid.key(), svid.chain())
                    .sslProvider(PROVIDER)
                    .protocols(protocols)
                    .trustManager(trust)
                    .clientAuth(clientAuth)
                    .sessionCacheSize(1)
                    .sessionTimeout(1)
                    .applicationProtocolConfig(protocols(alpn))
                    .build());
        } catch (SSLException e) {
            throw new UncheckedIOException("no TLS context for " + svid.id(), e);
        }
    }

    /** A client's context that holds this SVID and accepts any server with a valid one. */
    public static SslContext client(Svid svid, BundleSource bundles, List<String> alpn) {
        return build(svid, bundles, alpn, id -> true);
    }

    /**
     * A client's context that holds this SVID.
     *
     * @param expectedServer the servers that are accepted, asked after the chain has been checked
     * @throws UncheckedIOException if the SVID's key or chain is not usable
     */
    public static SslContext client(
            Svid svid, BundleSource bundles, List<String> alpn, Predicate<SpiffeId> expectedServer) {
        return build(svid, bundles, alpn, expectedServer);
    }

    /** A context for a client that has no certificate (yet). */
    public static SslContext anonymousClient(
            BundleSource bundles, List<String> alpn, Predicate<SpiffeId> expectedServer) {
        return build(null, bundles, alpn, expectedServer);
    }

    private static SslContext build(
            @Nullable Svid svid, BundleSource bundles, List<String> alpn, Predicate<SpiffeId> expectedServer) {
        try {
            SslContextBuilder builder = SslContextBuilder.forClient()
                    .sslProvider(PROVIDER)
                    .protocols("TLSv1.3")
                    .trustManager(new SpiffeTrustManager(bundles, InstantSource.system(), expectedServer))
                    .endpointIdentificationAlgorithm(NO_HOST_NAME)
                    .sessionCacheSize(1)
                    .sessionTimeout(1)
                    .applicationProtocolConfig(protocols(alpn));
            return WithoutTickets.of((svid == null ? builder : builder.keyManager(svid.key(), svid.chain())).build());
        } catch (SSLException e) {
            throw new UncheckedIOException("no TLS context for " + (svid == null ? "a client" : svid.id()), e);
        }
    }

    /** A server's context that follows the source: a new connection gets the SVID that is current then. */
    public static SslContext server(
            SvidSource svids, BundleSource bundles, ClientAuth clientAuth, List<String> alpn) {
        return new RotatingSslContext(svids, svid -> server(svid, bundles, clientAuth, alpn));
    }

    /**
     * As {@link #server(SvidSource, BundleSource, ClientAuth, List)}, and counts each client whose certificate is
     * refused under {@code client_} and the {@link PeerRejected.Cause}.
     */
    public static SslContext server(
            SvidSource svids, BundleSource bundles, ClientAuth clientAuth, List<String> alpn, Counters counters) {
        SpiffeTrustManager trust = new SpiffeTrustManager(bundles, InstantSource.system(), id -> true,
                rejected -> counters.increment("client_" + rejected.cause().label()));
        return new RotatingSslContext(svids, svid -> server(svid, trust, clientAuth, alpn, "TLSv1.3"));
    }

    /** A server's context for readers that may be other SPIFFE software: TLS 1.2 too, and no client certificates. */
    public static SslContext publicServer(SvidSource svids) {
        SpiffeTrustManager nobody = new SpiffeTrustManager(() -> Bundles.NONE, InstantSource.system());
        return new RotatingSslContext(
                svids, svid -> server(svid, nobody, ClientAuth.NONE, List.of(), "TLSv1.3", "TLSv1.2"));
    }

    /** A client's context that follows the source: a new connection gets the SVID that is current then. */
    public static SslContext client(
            SvidSource svids, BundleSource bundles, List<String> alpn, Predicate<SpiffeId> expectedServer) {
        return new RotatingSslContext(svids, svid -> client(svid, bundles, alpn, expectedServer));
    }

    private static ApplicationProtocolConfig protocols(List<String> alpn) {
        return alpn.isEmpty()
                ? ApplicationProtocolConfig.DISABLED
                : new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        alpn);
    }
}
