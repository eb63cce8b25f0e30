package dev.meshctl.control.distribute;

import dev.meshctl.api.proto.admin.TypeSync;
import java.time.Instant;
import java.util.List;

/**
 * A proxy with an open configuration stream.
 *
 * @param node its name, unique in the mesh
 * @param identity SPIFFE ID of its certificate
 */
public record ConnectedProxy(String node, String identity, Instant since, ProxyStream stream) {
    /** How far it has caught up, for each type that it subscribes to. */
    public List<TypeSync> types() {
        return stream.sync();
    }
}
