package dev.meshctl.proxy.tls;

import org.jspecify.annotations.Nullable;

/**
 * What a gateway means by the alerts that it answers a ClientHello with. The refusal of a client by a workload cannot be
 * taken for one: in TLS 1.3 it comes after the handshake of the client.
 */
final class GatewayAlert {
    private GatewayAlert() {}

    /** Null if the failure of a handshake is none of a gateway. */
    static @Nullable String inWords(String failure) {
        if (failure.contains("ALERT_INTERNAL_ERROR")) {
            return "the gateway reached neither a ready workload of it nor a gateway of its cluster";
        }
        if (failure.contains("UNRECOGNIZED_NAME")) {
            return "the gateway does not relay to it; it is not exported or its cluster not linked";
        }
        return null;
    }
}
