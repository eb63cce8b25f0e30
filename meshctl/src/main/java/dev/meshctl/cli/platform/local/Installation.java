package dev.meshctl.cli.platform.local;

import dev.meshctl.cli.CliError;
import dev.meshctl.cli.FileFailure;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.output.Progress;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Brings a cluster up, from whatever state it is in. */
final class Installation {
    private static final int READY_SECONDS = 120;
    private static final long LEAST_FREE_BYTES = 64 * 1024;
    private static final int HOPELESS_RESTARTS = 4;

    private final Cluster cluster;
    private final ClusterDirectory directory;
    private final Progress progress;

    Installation(Cluster cluster, Progress progress) {
        this.cluster = cluster;
        this.directory = new ClusterDirectory(cluster.directory());
        this.progress = progress;
    }

    /** True if anything had to be done. */
    boolean run() {
        if (Removal.isUnfinished(directory)) {
            new Removal(cluster, progress).run();
        }
        SupervisorState state = LocalPlatform.stateOf(directory);
        boolean supervised = state.supervisor().isAlive();
        if (supervised && allReady(state)) {
            return false;
        }
        try {
            if (!supervised) {
                DaemonArchive.ofLauncher().ifPresent(archive -> archive.prepare(progress));
            }
            Progress.Step step = progress.step(cluster.name() + ": configuration");
            if (!supervised && noDaemonRuns(state)) {
                requireFreeAddresses();
            }
            writeConfiguration();
            step.done(cluster.directory().toString());
            if (!supervised) {
                startSupervisor();
            }
            for (Component component : Component.values()) {
                Files.deleteIfExists(directory.held(component));
            }
            for (Component component : Component.values()) {
                awaitReady(component, state.of(component).restarts());
            }
            return true;
        } catch (IOException e) {
            throw CliError.failed("cannot install cluster " + cluster.name()).at(cluster.directory().toString())
                    .because(FileFailure.reason(e))
                    .next("free the space or the directory, then run install again").from(e);
        }
    }

    private boolean allReady(SupervisorState state) {
        for (Component component : Component.values()) {
            boolean up = state.of(component).process().isAlive() && ReadyFile.read(directory.ready(component)).isPresent();
            if (!up || Files.exists(directory.held(component))) {
                return false;
            }
        }
        return true;
    }

    private static boolean noDaemonRuns(SupervisorState state) {
        for (Component component : Component.values()) {
            if (state.of(component).process().isAlive()) {
                return false;
            }
        }
        return true;
    }

    private void requireFreeAddresses() {
        Addresses.taken(cluster).ifPresent(address -> {
            throw CliError.failed("address " + address + " is in use").at("cluster " + cluster.name())
                    .because("another process listens there")
                    .next("stop it, or: meshctl cluster remove " + cluster.name() + " --yes && meshctl cluster add "
                            + cluster.name() + " --local");
        });
    }

    private void writeConfiguration() throws IOException {
        // All of them first: what the fleet lacks must not leave half an installation.
        Map<Component, DaemonConfig> configs = new EnumMap<>(Component.class);
        for (Component component : Component.values()) {
            configs.put(component, configOf(component));
        }
        PrivateDirectory.create(directory.root());
        PrivateDirectory.create(directory.supervisor());
        for (Map.Entry<Component, DaemonConfig> each : configs.entrySet()) {
            PrivateDirectory.create(directory.of(each.getKey()));
            PrivateDirectory.create(directory.tokens(each.getKey()));
            each.getValue().write(directory.config(each.getKey()));
        }
    }

    private DaemonConfig configOf(Component component) {
        Map<String, String> listen = new HashMap<>();
        component.listeners().forEach((name, known) -> listen.put(name, cluster.address(known)));
        boolean trustBridge = component == Component.TRUST_BRIDGE;
        boolean controlPlane = component == Component.CONTROL_PLANE;
        return new DaemonConfig(cluster.name(), cluster.trustDomain(), hostName(), directory.of(component), listen,
                trustBridge ? null : address(Cluster.TRUST_SIGNING),
                trustBridge || controlPlane ? null : address(Cluster.CONTROL_API),
                directory.bundle(), directory.tokens(component), optionsOf(component));
    }

    private Map<String, String> optionsOf(Component component) {
        Map<String, String> options = new HashMap<>();
        if (!cluster.local().region().isEmpty()) {
            options.put("region", cluster.local().region());
        }
        if (!cluster.local().zone().isEmpty()) {
            options.put("zone", cluster.local().zone());
        }
        if (component == Component.MESH_PROXY) {
            options.put("workload-range", cluster.local().range());
        }
        if (component == Component.FEDERATION_GATEWAY) {
            options.put("advertise", cluster.address(Cluster.GATEWAY_EAST_WEST));
        }
        return options;
    }

    private HostPort address(String listener) {
        return HostPort.parse(cluster.address(listener));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    private void startSupervisor() throws IOException {
        List<String> command = new ArrayList<>(detached());
        command.addAll(JavaCommand.supervisor(directory));
        new ProcessBuilder(command)
                .directory(directory.supervisor().toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.to(directory.supervisorConsole().toFile()))
                .start();
    }

    // A session of its own, so that the end of the terminal does not end the cluster.
    private static List<String> detached() {
        for (String program : List.of("/usr/bin/setsid", "/bin/setsid", "/usr/bin/nohup")) {
            if (Files.isExecutable(Path.of(program))) {
                return List.of(program);
            }
        }
        return List.of();
    }

    private void awaitReady(Component component, int restartsBefore) {
        Progress.Step step = progress.step(cluster.name() + ": " + component.directory());
        long deadline = System.nanoTime() + READY_SECONDS * 1_000_000_000L;
        while (true) {
            SupervisorState.Daemon daemon = LocalPlatform.stateOf(directory).of(component);
            Optional<ReadyFile> ready = ReadyFile.read(directory.ready(component));
            if (ready.isPresent() && daemon.process().isAlive() && daemon.process().pid() == ready.get().pid()) {
                step.done("pid " + ready.get().pid() + ", " + String.join(" ", ready.get().listen()));
                return;
            }
            boolean hopeless = daemon.restarts() - restartsBefore >= HOPELESS_RESTARTS;
            if (hopeless || System.nanoTime() > deadline) {
                step.failed(daemon.lastExit());
                throw notReady(component, daemon, hopeless);
            }
            step.update(daemon.process().pid() == 0 ? "waiting" : "starting, pid " + daemon.process().pid());
            Waiting.pause();
        }
    }

    /** A daemon that has no room to work has none for its last words either. */
    private Optional<String> fullDisk() {
        try {
            long free = Files.getFileStore(directory.root()).getUsableSpace();
            return free >= LEAST_FREE_BYTES ? Optional.empty()
                    : Optional.of("the disk is full: " + free / 1024 + " KiB left in " + directory.root());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private CliError notReady(Component component, SupervisorState.Daemon daemon, boolean hopeless) {
        String why = fullDisk()
                .or(() -> ConsoleLog.lastWords(directory.console(component), 0))
                .or(() -> Optional.of(daemon.lastExit()).filter(exit -> !exit.isEmpty()))
                .or(() -> ConsoleLog.lastWords(directory.supervisorConsole(), 0))
                .orElse("it has said nothing");
        return CliError.failed(component.directory() + (hopeless ? " does not start" : " is not ready after "
                        + READY_SECONDS + " s"))
                .at("cluster " + cluster.name() + ", " + directory.console(component))
                .because(why)
                .next("meshctl install --cluster " + cluster.name() + " to try again, or uninstall to give up");
    }
}
