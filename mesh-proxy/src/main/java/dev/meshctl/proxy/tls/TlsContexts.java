package dev.meshctl.proxy.tls;

import dev.meshctl.api.identity.TrustDomain;
import io.netty.handler.ssl.SslContext;

/**
 * The TLS contexts of one workload, made from its newest SVID. A renewal changes what new connections
 * use; open connections stay. Called on event loops: must not block.
 */
public interface TlsContexts {
    /** Requires a client certificate; offers every protocol of {@link MeshAlpn}. */
    SslContext server();

    /** Presents the workload's SVID; offers just this protocol. */
    SslContext client(MeshAlpn protocol);

    /** Whether peers of this trust domain are accepted now. */
    boolean trusts(TrustDomain trustDomain);
}
