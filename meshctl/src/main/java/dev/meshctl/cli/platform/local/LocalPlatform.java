package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Fleet;
import dev.meshctl.cli.fleet.FleetFile;
import dev.meshctl.cli.fleet.NewName;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.cli.platform.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Clusters of daemons on this machine: no root, no Kubernetes. */
public final class LocalPlatform implements Platform {
    private final FleetFile fleetFile;
    private final int firstRange;

    public LocalPlatform(Environment environment) {
        this.fleetFile = new FleetFile(environment);
        // A fleet in a home of its own does not know what others have added but not started yet.
        this.firstRange = environment.variable("MESHCTL_HOME").map(home -> Math.floorMod(home.hashCode(), 200)).orElse(0);
    }

    @Override
    public Cluster add(NewCluster wanted) {
        if (!(wanted instanceof NewLocalCluster local)) {
            throw new IllegalArgumentException(wanted.name() + " is no local cluster");
        }
        return fleetFile.update(fleet -> fleet.with(newCluster(local, fleet))).require(wanted.name());
    }

    private Cluster newCluster(NewLocalCluster wanted, Fleet fleet) {
        NewName name = NewName.in(fleet, fleetFile, wanted.name(), wanted.trustDomain());
        try {
            Addresses.Choice choice = Addresses.choose(fleet, firstRange);
            Map<String, String> listen = new TreeMap<>(choice.listen());
            if (!wanted.gateway().isEmpty()) {
                listen.put(Cluster.GATEWAY_EAST_WEST, wanted.gateway());
            }
            return new Cluster(name.name(), name.trustDomain(),
                    new Place.Local(choice.range(), listen, wanted.region(), wanted.zone()),
                    fleetFile.directoryOf(name.name()));
        } catch (IOException e) {
            throw CliError.failed("no free ports on 127.0.0.1").because(e.toString()).from(e);
        }
    }

    @Override
    public boolean install(Cluster cluster, Progress progress) {
        return new Installation(cluster, progress).run();
    }

    @Override
    public void uninstall(Cluster cluster, Progress progress) {
        new Removal(cluster, progress).run();
    }

    @Override
    public ClusterProcesses processes(Cluster cluster) {
        ClusterDirectory directory = new ClusterDirectory(cluster.directory());
        if (!Files.isDirectory(directory.supervisor())) {
            return new ClusterProcesses(false, false, List.of());
        }
        SupervisorState state = stateOf(directory);
        List<ComponentProcess> components = new ArrayList<>();
        for (Component component : Component.values()) {
            components.add(process(directory, component, state.of(component)));
        }
        return new ClusterProcesses(true, state.supervisor().isAlive(), components);
    }

    private static ComponentProcess process(ClusterDirectory directory, Component component, SupervisorState.Daemon daemon) {
        Optional<ReadyFile> ready = ReadyFile.read(directory.ready(component));
        boolean alive = daemon.process().isAlive();
        return new ComponentProcess(component.directory(), alive ? daemon.process().pid() : 0, alive && ready.isPresent(),
                Files.exists(directory.held(component)), daemon.isCrashLoop() && !(alive && ready.isPresent()),
                daemon.restarts(), daemon.lastExit(),
                alive ? daemon.process().startedEpochMs() : 0, ready.map(ReadyFile::listen).orElse(List.of()));
    }

    @Override
    public void hold(Cluster cluster, String name) {
        ClusterDirectory directory = new ClusterDirectory(cluster.directory());
        Component component = require(name);
        try {
            if (!Files.exists(directory.held(component))) {
                Files.createFile(directory.held(component));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Waiting.until(cluster, name + " has not stopped", 20,
                () -> !stateOf(directory).of(component).process().isAlive());
    }

    @Override
    public void release(Cluster cluster, String name) {
        ClusterDirectory directory = new ClusterDirectory(cluster.directory());
        Component component = require(name);
        try {
            Files.deleteIfExists(directory.held(component));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Waiting.until(cluster, name + " is not ready", 60, () -> processes(cluster).components().stream()
                .anyMatch(process -> process.name().equals(name) && process.ready()));
    }

    private static Component require(String name) {
        return Component.find(name).orElseThrow(() -> CliError.usage("there is no component \"" + name + "\""));
    }

    static SupervisorState stateOf(ClusterDirectory directory) {
        try {
            return SupervisorState.read(directory.supervisorState());
        } catch (IOException e) {
            throw CliError.failed("cannot read the supervisor's state").at(directory.supervisorState().toString())
                    .because(e.toString()).from(e);
        }
    }
}
