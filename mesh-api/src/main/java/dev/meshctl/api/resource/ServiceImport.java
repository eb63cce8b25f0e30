package dev.meshctl.api.resource;

import dev.meshctl.api.name.ServiceName;
import java.util.List;
import java.util.OptionalInt;

/** A service that linked meshes export, as seen here. Written by the control plane. */
public record ServiceImport(Metadata metadata, Spec spec, @Default("{}") Status status) implements Resource {
    public ServiceImport {
        Check.label(metadata.name(), "metadata.name");
    }

    public record Spec(@Default("ClusterSetIP") Type type, List<Port> ports) {
        public Spec {
            ports = List.copyOf(ports);
            Check.items(ports, 0, 64, "ports");
        }
    }

    public enum Type implements Worded {
        CLUSTER_SET_IP("ClusterSetIP"),
        HEADLESS("Headless");

        private final String word;

        Type(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    public record Port(@Default("") String name, int port, @Default("auto") AppProtocol protocol) {
        public Port {
            Check.optionalLabel(name, "name");
            Check.port(port, "port");
        }
    }

    public record Status(List<Cluster> clusters) {
        public Status {
            clusters = List.copyOf(clusters);
            Check.items(clusters, 0, Check.MAX_ITEMS, "clusters");
        }
    }

    /**
     * What one cluster offers.
     *
     * @param stale the cluster is away; this is what it last said
     */
    public record Cluster(String cluster, @Default("false") boolean stale, OptionalInt ready, List<String> versions) {
        public Cluster {
            versions = List.copyOf(versions);
            Check.label(cluster, "cluster");
        }
    }

    public ServiceName service() {
        return new ServiceName(metadata.name(), metadata.namespace());
    }

    @Override
    public ServiceImport withMetadata(Metadata other) {
        return new ServiceImport(other, spec, status);
    }
}
