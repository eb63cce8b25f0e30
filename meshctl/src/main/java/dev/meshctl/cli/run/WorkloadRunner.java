package dev.meshctl.cli.run;

/** Runs processes of this machine as workloads. Several may run in one JVM. */
public interface WorkloadRunner {
    /**
     * Gets a join token, has the workload hosted by the cluster's proxy, and starts the command.
     *
     * @throws dev.meshctl.cli.CliError if the cluster does not answer, the proxy refuses, a port is in use,
     *     or the command does not exist (exit code 127)
     */
    RunningWorkload start(RunSpec spec);
}
