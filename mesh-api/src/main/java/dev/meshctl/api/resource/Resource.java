package dev.meshctl.api.resource;

/** One object of the mesh's configuration, valid by construction. */
public sealed interface Resource
        permits Service, Workload, Route, ServiceExport, ServiceImport, TrafficPolicy, AccessPolicy, TrafficShift, MeshLink,
                Mesh {
    Metadata metadata();

    /** The same resource with other metadata. */
    Resource withMetadata(Metadata metadata);

    /** As in {@code meshctl.dev/v1alpha1}. */
    default String apiVersion() {
        return Kinds.of(getClass()).apiVersion();
    }

    /** As in {@code TrafficShift}. */
    default String kind() {
        return Kinds.of(getClass()).name();
    }

    default ResourceKey key() {
        return new ResourceKey(kind(), metadata().namespace(), metadata().name());
    }
}
