package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;

/**
 * Offers the service of the same name and namespace to linked meshes.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/tree/master/keps/sig-multicluster/1645-multi-cluster-services-api">
 *     Multi-Cluster Services API</a>
 */
public record ServiceExport(Metadata metadata) implements Resource {
    public ServiceExport {
        Check.label(metadata.name(), "metadata.name");
    }

    public ServiceName service() {
        return new ServiceName(metadata.name(), metadata.namespace());
    }

    @Override
    public ServiceExport withMetadata(Metadata other) {
        return new ServiceExport(other);
    }
}
