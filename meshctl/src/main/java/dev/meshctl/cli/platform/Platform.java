package dev.meshctl.cli.platform;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Progress;
import java.util.List;

/** A place that clusters run in. Safe to use for several clusters at the same time. */
public interface Platform {
    /**
     * Puts a new cluster into the fleet; starts nothing.
     *
     * @throws dev.meshctl.cli.CliError if the name is taken, no address range is free, or there is no such context
     */
    Cluster add(NewCluster wanted);

    /**
     * Installs and starts what is missing, and waits until every component is ready. Running it again
     * repairs: it starts what is down and leaves what runs.
     *
     * @return true if anything had to be done
     */
    boolean install(Cluster cluster, Progress progress);

    /** Stops everything and removes the data; the cluster stays in the fleet. */
    void uninstall(Cluster cluster, Progress progress);

    /** What is installed and runs now; never throws because something is down. */
    ClusterProcesses processes(Cluster cluster);

    /** Stops a component and keeps it stopped until {@link #release}; waits for its end. Local clusters only. */
    void hold(Cluster cluster, String component);

    /** Starts a held component again and waits until it is ready. */
    void release(Cluster cluster, String component);

    /** What to add. */
    sealed interface NewCluster {
        /** RFC 1123 label. */
        String name();

        /** Empty for {@code <name>.mesh}. */
        String trustDomain();
    }

    /**
     * Daemons on this machine.
     *
     * @param gateway {@code IP:port} of its gateway, for clusters on other machines; empty for one of the loopback range
     */
    record NewLocalCluster(String name, String trustDomain, String region, String zone, String gateway) implements NewCluster {}

    /** A Kubernetes cluster that exists. */
    record NewKubernetesCluster(String name, String trustDomain, Place.Kubernetes place) implements NewCluster {}

    /**
     * The processes of a cluster.
     *
     * @param supervised whether somebody starts what ends
     * @param problem why they cannot be seen, empty if they can; {@code installed} is then not known and false
     * @param platformVersion of Kubernetes, else empty
     * @param meshVersion that is installed, empty if none or not known
     */
    record ClusterProcesses(boolean installed, boolean supervised, List<ComponentProcess> components, String problem,
            String platformVersion, String meshVersion) {
        public ClusterProcesses {
            components = List.copyOf(components);
        }

        public ClusterProcesses(boolean installed, boolean supervised, List<ComponentProcess> components) {
            this(installed, supervised, components, "", "", "");
        }

        /** Nobody can say: the cluster does not answer. */
        public static ClusterProcesses unreachable(String problem) {
            return new ClusterProcesses(false, false, List.of(), problem, "", "");
        }

        public boolean reachable() {
            return problem.isEmpty();
        }

        public boolean allReady() {
            return installed && !components.isEmpty() && components.stream().allMatch(ComponentProcess::ready);
        }
    }

    /**
     * One daemon, or one pod.
     *
     * @param pid 0 if it does not run, or in a pod
     * @param crashLoop it has ended several times in a row soon after its start, and is not ready now
     * @param restarts since install; of a pod, its own
     * @param lastExit why it last ended or does not run, may be empty
     * @param startedEpochMs 0 if it does not run
     * @param listen its addresses, {@code ip:port}
     * @param image the tag of the image that it runs, where there is one
     */
    record ComponentProcess(
            String name,
            long pid,
            boolean ready,
            boolean held,
            boolean crashLoop,
            int restarts,
            String lastExit,
            long startedEpochMs,
            List<String> listen,
            String image) {
        public ComponentProcess {
            listen = List.copyOf(listen);
        }

        public ComponentProcess(String name, long pid, boolean ready, boolean held, boolean crashLoop, int restarts,
                String lastExit, long startedEpochMs, List<String> listen) {
            this(name, pid, ready, held, crashLoop, restarts, lastExit, startedEpochMs, listen, "");
        }

        /** Whether it runs, ready or not. */
        public boolean runs() {
            return startedEpochMs != 0;
        }
    }
}
