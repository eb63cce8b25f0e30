package dev.meshctl.gateway.state;

import dev.meshctl.api.proto.control.PeerImports;
import java.util.Optional;
import java.util.Set;

/** Where the session with the control plane takes imports from at the moment it sends them. */
public interface ImportSource {
    /** The peers whose imports are known. */
    Set<String> peers();

    /** What the peer exports now; empty if it is no peer any more. */
    Optional<PeerImports> imports(String peer);
}
