package dev.meshctl.proxy.tls;

import dev.meshctl.api.identity.SpiffeId;
import java.time.Duration;
import java.util.Set;

/**
 * How to secure a connection, and who must be at its other end.
 *
 * @param identities the server must have one of these
 */
public record TlsTarget(
        TlsContexts contexts, MeshAlpn alpn, String sni, Set<SpiffeId> identities, Duration handshakeTimeout) {}
