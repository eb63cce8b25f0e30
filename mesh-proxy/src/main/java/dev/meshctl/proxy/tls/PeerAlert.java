package dev.meshctl.proxy.tls;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a TLS alert of a peer means.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8446#section-6.2">RFC 8446, 6.2</a>
 */
public final class PeerAlert {
    // As BoringSSL and the JDK spell bad_certificate, certificate_required, unknown_ca and their like.
    private static final Pattern ABOUT_CERTIFICATE = Pattern.compile(
            "alert.*(certificate|unknown_ca|access_denied)|certificate_required", Pattern.CASE_INSENSITIVE);

    private PeerAlert() {}

    /**
     * True if the peer did not accept the certificate of this side. In TLS 1.3 the handshake of a client is over before the
     * server has looked at its certificate, so that the alert comes where the first answer would.
     */
    public static boolean refusesCertificate(@Nullable Throwable failure) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at.getMessage() != null && ABOUT_CERTIFICATE.matcher(at.getMessage()).find()) {
                return true;
            }
        }
        return false;
    }

    /** What a gateway means by the alert that it answers a ClientHello with; null if the failure is none of a gateway. */
    static @Nullable String ofGateway(String failure) {
        if (failure.contains("ALERT_INTERNAL_ERROR")) {
            return "the gateway reached neither a ready workload of it nor a gateway of its cluster";
        }
        if (failure.contains("UNRECOGNIZED_NAME")) {
            return "the gateway does not relay to it; it is not exported or its cluster not linked";
        }
        return null;
    }
}
