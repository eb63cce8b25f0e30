package dev.meshctl.runtime.tls;

import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslContext;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.internal.tcnative.SSL;
import javax.net.ssl.SSLEngine;

/**
 * A context of BoringSSL whose sessions cannot be resumed: it keeps none, and neither gives nor takes tickets. Netty has
 * them on for TLS 1.3 (its switch is one of the whole JVM), and the lifetime that is set for sessions does not bound them.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-4.6.1">RFC 8446, 4.6.1</a>
 */
final class WithoutTickets extends DelegatingSslContext {
    WithoutTickets(ReferenceCountedOpenSslContext context) {
        super(context);
        context.sessionContext().setSessionCacheEnabled(false);
    }

    /** The context; without change if it is not BoringSSL's. */
    static SslContext of(SslContext context) {
        return context instanceof ReferenceCountedOpenSslContext boring ? new WithoutTickets(boring) : context;
    }

    @Override
    protected void initEngine(SSLEngine engine) {
        if (!(engine instanceof ReferenceCountedOpenSslEngine boring)) {
            throw new IllegalStateException("not an engine of BoringSSL: " + engine.getClass());
        }
        SSL.setOptions(boring.sslPointer(), SSL.SSL_OP_NO_TICKET);
    }
}
