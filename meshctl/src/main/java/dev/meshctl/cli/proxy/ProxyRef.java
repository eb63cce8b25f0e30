package dev.meshctl.cli.proxy;

import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.fleet.Cluster;

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

        /** As its control plane knows it. */
        public String node() {
            return pod + "." + namespace;
        }

        public Destination.InPod destination() {
            return Destination.InPod.proxy(namespace, pod, serviceAccount);
        }
    }
}
