package dev.meshctl.proxy.tls;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.tls.MeshTls;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** TLS contexts from a live SVID; each renewal makes them anew, off the event loops. */
public final class WorkloadTls implements TlsContexts, AutoCloseable {
    private static final List<String> ALL = Arrays.stream(MeshAlpn.values()).map(MeshAlpn::id).toList();

    private final BundleSource bundles;
    private final SvidSource.Subscription subscription;
    private volatile Contexts contexts;

    private record Contexts(SslContext server, Map<MeshAlpn, SslContext> clients) {}

    /** Builds the contexts of the current SVID and follows its renewals until closed. */
    public WorkloadTls(SvidSource svids, BundleSource bundles) {
        this.bundles = bundles;
        Svid first = svids.current();
        this.contexts = build(first);
        this.subscription = svids.onChange(svid -> contexts = build(svid));
        if (svids.current() != first) {
            contexts = build(svids.current()); // it was renewed before anybody listened
        }
    }

    private Contexts build(Svid svid) {
        Map<MeshAlpn, SslContext> clients = new EnumMap<>(MeshAlpn.class);
        for (MeshAlpn alpn : MeshAlpn.values()) {
            clients.put(alpn, MeshTls.client(svid, bundles, List.of(alpn.id())));
        }
        return new Contexts(MeshTls.server(svid, bundles, ClientAuth.REQUIRE, ALL), clients);
    }

    @Override
    public SslContext server() {
        return contexts.server();
    }

    @Override
    public SslContext client(MeshAlpn protocol) {
        SslContext context = contexts.clients().get(protocol);
        if (context == null) {
            throw new IllegalStateException("no context for " + protocol);
        }
        return context;
    }

    @Override
    public boolean trusts(TrustDomain trustDomain) {
        return bundles.current().of(trustDomain).isPresent();
    }

    @Override
    public void close() {
        subscription.close();
    }
}
