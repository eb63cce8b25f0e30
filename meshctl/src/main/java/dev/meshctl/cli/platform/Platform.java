package dev.meshctl.cli.platform;

import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import java.util.List;

/** A place that clusters run in. Safe to use for several clusters at the same time. */
public interface Platform {
    /**
     * Puts a new cluster into the fleet; starts nothing.
     *
     * @throws dev.meshctl.cli.CliError if the name is taken or no address range is free
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

    /** Stops a component and keeps it stopped until {@link #release}; waits for its end. */
    void hold(Cluster cluster, String component);

    /** Starts a held component again and waits until it is ready. */
    void release(Cluster cluster, String component);

    /**
     * What to add.
     *
     * @param name RFC 1123 label
     * @param trustDomain empty for {@code <name>.mesh}
     */
    record NewCluster(String name, String trustDomain, String region, String zone) {}

    /** The processes of a cluster. */
    record ClusterProcesses(boolean installed, boolean supervised, List<ComponentProcess> components) {
        public ClusterProcesses {
            components = List.copyOf(components);
        }

        public boolean allReady() {
            return installed && !components.isEmpty() && components.stream().allMatch(ComponentProcess::ready);
        }
    }

    /**
     * One daemon.
     *
     * @param pid 0 if it does not run
     * @param crashLoop it has ended several times in a row soon after its start, and is not ready now
     * @param restarts since install
     * @param lastExit why it last ended, may be empty
     * @param startedEpochMs 0 if it does not run
     * @param listen its addresses, {@code ip:port}
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
            List<String> listen) {
        public ComponentProcess {
            listen = List.copyOf(listen);
        }
    }
}
