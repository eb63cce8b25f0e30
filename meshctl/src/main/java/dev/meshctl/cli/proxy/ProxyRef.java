package dev.meshctl.cli.proxy;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.fleet.Cluster;
import java.util.Optional;

/** A proxy that was found by its name. */
public sealed interface ProxyRef {
    Cluster cluster();

    /** As it is shown, and taken again. */
    String name();

    /**
     * The one proxy of a local cluster, and perhaps one of its workloads.
     *
     * @param workload its id; empty: all
     * @param identity of the workload; empty: all
     * @param service {@code name.namespace} of the workload; empty: all, or none
     */
    record Hosting(Cluster cluster, String workload, String identity, String service) implements ProxyRef {
        @Override
        public String name() {
            return workload.isEmpty() ? "mesh-proxy" : workload;
        }
    }

    /** The sidecar of a pod. */
    record Sidecar(Cluster cluster, String namespace, String pod, String serviceAccount) implements ProxyRef {
        @Override
        public String name() {
            return namespace + "/" + pod;
        }

        /** The one that a control plane calls so; empty if no pod is. */
        public static Optional<Sidecar> of(Cluster cluster, String node, String identity) {
            try {
                SpiffeId id = SpiffeId.parse(identity);
                String end = "." + id.namespace();
                return node.endsWith(end) ? Optional.of(new Sidecar(cluster, id.namespace(),
                        node.substring(0, node.length() - end.length()), id.serviceAccount())) : Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        public Destination.InPod destination() {
            return Destination.InPod.proxy(namespace, pod, serviceAccount);
        }
    }
}
