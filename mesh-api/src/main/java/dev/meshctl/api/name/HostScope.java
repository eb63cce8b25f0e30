package dev.meshctl.api.name;

/** Which clusters a host of the mesh reaches. */
public sealed interface HostScope {
    /** {@code svc.cluster.local}: this cluster; every exporting cluster if the service is global. */
    record Local() implements HostScope {
        @Override
        public String suffix() {
            return "svc.cluster.local";
        }
    }

    /** {@code svc.clusterset.local}: every cluster that exports the service, this one included. */
    record ClusterSet() implements HostScope {
        @Override
        public String suffix() {
            return "svc.clusterset.local";
        }
    }

    /** {@code svc.<cluster>.mesh}: that cluster only. */
    record Cluster(String cluster) implements HostScope {
        public Cluster {
            DnsLabel.require(cluster, "cluster name");
        }

        @Override
        public String suffix() {
            return "svc." + cluster + ".mesh";
        }
    }

    /** What follows {@code <name>.<namespace>.} in the fully qualified host. */
    String suffix();

    HostScope LOCAL = new Local();
    HostScope CLUSTER_SET = new ClusterSet();
}
