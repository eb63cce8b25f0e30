package dev.meshctl.cli.fleet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Where a cluster runs, and how it is reached there. */
public sealed interface Place {
    /** As in {@code fleet.yaml} and in tables. */
    String platform();

    /**
     * Daemons on this machine.
     *
     * @param range loopback range {@code 127.<n>} of its own, or empty where there is only 127.0.0.1
     * @param listen address of each listener, {@code ip:port}; keys are the constants of {@link Cluster}
     * @param region locality, may be empty
     * @param zone locality, may be empty
     */
    record Local(String range, Map<String, String> listen, String region, String zone) implements Place {
        public Local {
            listen = Map.copyOf(listen);
        }

        @Override
        public String platform() {
            return "local";
        }
    }

    /** A Kubernetes cluster. */
    sealed interface Kubernetes extends Place {
        @Override
        default String platform() {
            return "kubernetes";
        }

        /** How a user knows it, as {@code context prod-eu}. */
        String inWords();
    }

    /**
     * A context of a kubeconfig.
     *
     * @param name empty for the current one; a cluster of the fleet has a name here
     * @param kubeconfig the files, merged as kubectl does; empty for what {@code KUBECONFIG} names when a command runs,
     *     or else {@code ~/.kube/config}
     */
    record Context(String name, List<Path> kubeconfig) implements Kubernetes {
        public Context {
            kubeconfig = List.copyOf(kubeconfig);
        }

        @Override
        public String inWords() {
            return "context " + name;
        }
    }

    /** The cluster that this process runs in as a pod, by its service account. */
    record InCluster() implements Kubernetes {
        @Override
        public String inWords() {
            return "in-cluster";
        }
    }
}
