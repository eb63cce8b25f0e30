package dev.meshctl.control.registry.federation;

import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedService;

/**
 * A service of a linked cluster, as seen here.
 *
 * @param peer the cluster
 * @param stale the peer is away; this is what it last said
 */
public record ImportedService(String peer, boolean stale, ExportedService service) {
    public ServiceName name() {
        return new ServiceName(service.getName(), service.getNamespace());
    }
}
