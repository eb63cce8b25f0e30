package dev.meshctl.cli;

import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.install.kubernetes.operate.KubernetesClusters;
import dev.meshctl.cli.output.Console;
import dev.meshctl.cli.output.OutputFormat;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.run.WorkloadRunner;

/** What a command is given: its environment, the fleet, and the services. One for each run of the CLI. */
public final class Context implements AutoCloseable {
    private final Environment environment;
    private final Services services;
    private final FleetFile fleetFile;

    public Context(Environment environment, Services services) {
        this.environment = environment;
        this.services = services;
        this.fleetFile = new FleetFile(environment);
    }

    /** With the real services. */
    public static Context of(Environment environment) {
        return new Context(environment, new MeshServices(environment));
    }

    public Environment environment() {
        return environment;
    }

    /** A console for the given format. */
    public Console console(OutputFormat format) {
        return new Console(environment, format);
    }

    public FleetFile fleetFile() {
        return fleetFile;
    }

    /** The fleet as it is on disk now. */
    public Fleet fleet() {
        return fleetFile.load();
    }

    public Connections connections() {
        return services.connections();
    }

    public Platform platform() {
        return services.platform();
    }

    public WorkloadRunner workloads() {
        return services.workloads();
    }

    public KubernetesClusters kubernetes() {
        return services.kubernetes();
    }

    /** The record of what was changed. */
    public AuditLog audit() {
        return new AuditLog(environment);
    }

    @Override
    public void close() {
        services.close();
    }
}
