package dev.meshctl.runtime.tls;

import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNegotiator;
import io.netty.handler.ssl.SslContext;
import java.util.List;
import java.util.function.Function;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSessionContext;

/**
 * A context that gives each new connection the SVID that is current then. Building one takes about a
 * millisecond and happens once for each renewal; two connections that race build it twice, which is harmless.
 */
final class RotatingSslContext extends SslContext {
    private record Held(Svid svid, SslContext context) {}

    private final SvidSource svids;
    private final Function<Svid, SslContext> build;
    private volatile Held held;

    RotatingSslContext(SvidSource svids, Function<Svid, SslContext> build) {
        this.svids = svids;
        this.build = build;
        Svid svid = svids.current();
        this.held = new Held(svid, build.apply(svid));
    }

    private SslContext current() {
        Svid svid = svids.current();
        Held now = held;
        if (now.svid() != svid) {
            now = new Held(svid, build.apply(svid));
            held = now;
        }
        return now.context();
    }

    @Override
    public boolean isClient() {
        return held.context().isClient();
    }

    @Override
    public List<String> cipherSuites() {
        return held.context().cipherSuites();
    }

    @Override
    public ApplicationProtocolNegotiator applicationProtocolNegotiator() {
        return held.context().applicationProtocolNegotiator();
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator) {
        return current().newEngine(allocator);
    }

    @Override
    public SSLEngine newEngine(ByteBufAllocator allocator, String peerHost, int peerPort) {
        return current().newEngine(allocator, peerHost, peerPort);
    }

    @Override
    public SSLSessionContext sessionContext() {
        return held.context().sessionContext();
    }
}
