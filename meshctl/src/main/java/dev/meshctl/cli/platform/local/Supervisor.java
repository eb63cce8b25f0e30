package dev.meshctl.cli.platform.local;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.trust.client.TrustAdminClient;
import dev.meshctl.trust.client.TrustAdminException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The process that keeps the daemons of one local cluster running, and join tokens fresh. It may be killed at any
 * time: the daemons run on, and the next supervisor adopts them. SIGTERM stops the daemons.
 */
public final class Supervisor {
    private static final Logger LOG = System.getLogger(Supervisor.class.getName());

    // Netty warns of socket options that a Unix domain socket does not have; held, or the level would be forgotten.
    private static final java.util.logging.Logger NETTY = java.util.logging.Logger.getLogger("io.netty");

    private static final Duration KEEPER_END = Duration.ofSeconds(10);
    private static final long TOKEN_POLL_MS = 250;

    private final ClusterDirectory directory;
    private final List<DaemonKeeper> keepers = new ArrayList<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private SupervisorState state;

    /** Begins with the daemons that an earlier supervisor has left in the state file. */
    Supervisor(ClusterDirectory directory, Daemons daemons, Daemons.Pace pace) throws IOException {
        this.directory = directory;
        this.state = new SupervisorState(
                OwnedProcess.of(ProcessHandle.current(), directory.root().toString()),
                SupervisorState.read(directory.supervisorState()).components());
        for (Component component : Component.values()) {
            keepers.add(new DaemonKeeper(component, directory, state.of(component), daemons, pace,
                    ThreadLocalRandom.current(), daemon -> remember(component, daemon)));
        }
    }

    /** Takes {@code --directory DIRECTORY}. Exit code 0 also when another supervisor is at work there. */
    public static void main(String[] args) throws Exception {
        if (args.length != 2 || !args[0].equals("--directory")) {
            System.err.println("usage: Supervisor --directory DIRECTORY");
            System.exit(2);
        }
        System.setProperty("java.util.logging.SimpleFormatter.format", "%1$tFT%1$tT %4$s %5$s%6$s%n");
        NETTY.setLevel(java.util.logging.Level.SEVERE);
        ClusterDirectory directory = new ClusterDirectory(Path.of(args[1]));
        PrivateDirectory.create(directory.supervisor());
        FileChannel channel = FileChannel.open(
                directory.supervisorLock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.tryLock();
        if (lock == null) {
            System.err.println("another supervisor is at work in " + directory.root());
            return;
        }
        TrustDomain trustDomain = DaemonConfig.read(directory.config(Component.TRUST_BRIDGE)).trustDomain();
        Supervisor supervisor = new Supervisor(directory, new DaemonProcesses(directory), Daemons.Pace.SYSTEM);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name("stop").unstarted(supervisor::stop));
        supervisor.run(new TokenKeeper(directory, trustDomain,
                (id, life) -> joinToken(directory, id, life), InstantSource.system()));
    }

    // A connection for each token, which is rarely: a trust bridge that was started again may listen at another path.
    private static String joinToken(ClusterDirectory directory, SpiffeId id, Duration life) throws IOException {
        try (TrustAdminClient trustBridge = TrustAdminClient.overSocket(directory.trustSocket())) {
            return trustBridge.createJoinToken(id, life).token();
        } catch (TrustAdminException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Keeps all daemons running and the tokens fresh until {@link #stop}. */
    void run(TokenKeeper tokens) throws IOException, InterruptedException {
        state.write(directory.supervisorState());
        List<Thread> keeping = keepers.stream()
                .map(keeper -> Thread.ofPlatform().name("keeper").daemon().start(keeper)).toList();
        do {
            tokens.refresh();
        } while (!ended.await(TOKEN_POLL_MS, TimeUnit.MILLISECONDS));
        for (Thread each : keeping) {
            each.join(KEEPER_END);
        }
    }

    private synchronized void remember(Component component, SupervisorState.Daemon daemon) {
        state = state.with(component, daemon);
        try {
            state.write(directory.supervisorState());
        } catch (IOException e) {
            // Without it the next supervisor cannot adopt; the daemons' own locks still keep a second one out.
            LOG.log(Level.ERROR, "cannot write " + directory.supervisorState(), e);
        }
    }

    /** Stops all daemons; returns when they have ended. */
    void stop() {
        ended.countDown();
        // At the same time: each works without the others, and the slowest then says how long it takes.
        List<Thread> stopping = keepers.stream().map(keeper -> Thread.ofVirtual().start(() -> stop(keeper))).toList();
        try {
            for (Thread each : stopping) {
                each.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stop(DaemonKeeper keeper) {
        try {
            keeper.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
