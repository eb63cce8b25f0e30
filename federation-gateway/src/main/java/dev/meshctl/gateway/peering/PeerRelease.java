package dev.meshctl.gateway.peering;

import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.version.SemanticVersion;
import dev.meshctl.runtime.daemon.Counters;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Which release a peer says it is of. Only told to others: what is exchanged never depends on it.
 *
 * @param version of the peer's gateway, as it was said; empty: not told, or no version
 * @param protocolLevel 0: not told
 */
record PeerRelease(String version, int protocolLevel) {
    /** What this gateway speaks. Is raised by a change of the protocol that a peer has to know about. */
    static final int PROTOCOL_LEVEL = 1;

    static final PeerRelease UNKNOWN = new PeerRelease("", 0);

    private static final Logger LOG = System.getLogger(PeerRelease.class.getName());

    /** Of a peer that may say anything: what is no version is counted and taken for none. */
    static PeerRelease of(Hello hello, String peer, Counters counters) {
        String said = hello.getMeshVersion();
        int level = Math.max(0, hello.getProtocolLevel());
        if (said.isEmpty()) {
            counters.increment("peer_version_not_told");
            return new PeerRelease("", level);
        }
        if (SemanticVersion.parse(said).isEmpty()) {
            counters.increment("peer_version_invalid");
            LOG.log(Level.WARNING, peer + " says a version that is none: \"" + PeerText.printable(said) + "\"");
            return new PeerRelease("", level);
        }
        return new PeerRelease(said, level);
    }
}
