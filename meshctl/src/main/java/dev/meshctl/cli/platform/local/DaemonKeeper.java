package dev.meshctl.cli.platform.local;

import dev.meshctl.runtime.backoff.Backoff;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one daemon running: adopts the one that runs already, starts it again when it ends, keeps it stopped
 * while it is held. One thread runs it; {@link #stop} may come from another.
 */
final class DaemonKeeper implements Runnable {
    private static final Logger LOG = System.getLogger(DaemonKeeper.class.getName());
    private static final Duration STOP_GRACE = Duration.ofSeconds(12);
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(100);

    /** A daemon that ran this long gets its quick first restart back. */
    static final Duration SETTLED = Duration.ofSeconds(30);

    private final Component component;
    private final ClusterDirectory directory;
    private final Daemons daemons;
    private final Daemons.Pace pace;
    private final Consumer<SupervisorState.Daemon> onChange;
    private final Backoff backoff;
    private volatile SupervisorState.Daemon daemon;
    private Daemons.@Nullable Child child;
    private volatile boolean stopping;

    /** @param onChange told of each start and each end */
    DaemonKeeper(Component component, ClusterDirectory directory, SupervisorState.Daemon known, Daemons daemons,
            Daemons.Pace pace, RandomGenerator random, Consumer<SupervisorState.Daemon> onChange) {
        this.component = component;
        this.directory = directory;
        this.daemon = known;
        this.daemons = daemons;
        this.pace = pace;
        this.backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT, random);
        this.onChange = onChange;
    }

    @Override
    public void run() {
        try {
            while (!stopping) {
                if (isHeld()) {
                    stopChild();
                    pace.pause(POLL);
                } else if (mayStart()) {
                    runOnce();
                } else {
                    pace.pause(POLL);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends the daemon; it is not started again. */
    void stop() throws InterruptedException {
        stopping = true;
        stopChild();
    }

    private void stopChild() throws InterruptedException {
        Daemons.Child running = running();
        if (running != null) {
            running.stop(STOP_GRACE);
        }
    }

    private synchronized Daemons.@Nullable Child running() {
        return child != null ? child : daemons.find(daemon.process()).orElse(null);
    }

    private boolean isHeld() {
        return Files.exists(directory.held(component));
    }

    // Everything but the trust bridge starts from the bundle that the trust bridge makes on its first start.
    private boolean mayStart() {
        return component == Component.TRUST_BRIDGE || Files.exists(directory.bundle());
    }

    private void runOnce() throws InterruptedException {
        long began = pace.nanos();
        String exit = adoptOrStart();
        if (stopping || isHeld()) {
            return;
        }
        boolean settled = pace.nanos() - began > SETTLED.toNanos();
        if (settled) {
            backoff.reset();
        }
        changed(new SupervisorState.Daemon(
                OwnedProcess.NONE, daemon.restarts() + 1, settled ? 1 : daemon.quickExits() + 1, exit));
        Duration wait = backoff.next();
        LOG.log(Level.WARNING, "{0} ended ({1}), starting it again in {2} ms{3}", component.directory(), exit, wait.toMillis(),
                daemon.isCrashLoop() ? "; it has ended " + daemon.quickExits() + " times in a row soon after its start" : "");
        pace.pause(wait);
    }

    private String adoptOrStart() throws InterruptedException {
        try {
            return adoptedOrStarted() ? watch() : "stopped";
        } catch (IOException e) {
            return "cannot be started: " + e.getMessage();
        } finally {
            synchronized (this) {
                child = null;
            }
        }
    }

    // Under the lock, so that a stop comes before the start, which then is none, or finds the child.
    private synchronized boolean adoptedOrStarted() throws IOException {
        if (stopping) {
            return false;
        }
        child = daemons.find(daemon.process()).orElse(null);
        if (child == null) {
            child = daemons.start(component);
            changed(new SupervisorState.Daemon(
                    child.identity(), daemon.restarts(), daemon.quickExits(), daemon.lastExit()));
        }
        return true;
    }

    private String watch() throws InterruptedException {
        Daemons.Child watched = Objects.requireNonNull(running());
        while (watched.isAlive()) {
            if (isHeld()) {
                watched.stop(STOP_GRACE);
                return "held";
            }
            watched.await(POLL);
        }
        return watched.exit();
    }

    private void changed(SupervisorState.Daemon now) {
        daemon = now;
        onChange.accept(now);
    }
}
