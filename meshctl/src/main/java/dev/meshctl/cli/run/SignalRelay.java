package dev.meshctl.cli.run;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Passes signals on to a workload. One that comes while the workload is being started interrupts the starting thread;
 * if the start has ended before it could be interrupted, the signal reaches the workload all the same.
 */
public final class SignalRelay {
    private static final int SIGNALLED = 128;

    private final Thread starting;
    private @Nullable RunningWorkload workload;
    private @Nullable Signal early;

    /** @param starting the thread that starts the workload and then calls {@link #started} */
    public SignalRelay(Thread starting) {
        this.starting = starting;
    }

    /** To be called by the starting thread; from now on signals go to the workload, the one that it missed first. */
    public RunningWorkload started(RunningWorkload running) {
        Signal missed;
        synchronized (this) {
            workload = running;
            missed = early;
            early = null;
            if (missed != null) {
                boolean cleared = Thread.interrupted();
            }
        }
        if (missed != null) {
            missed.passTo(running);
        }
        return running;
    }

    /**
     * A signal to this process.
     *
     * @param name without SIG
     * @param number as the system counts them, from 1
     * @param pass false when the workload gets it from the terminal itself
     */
    public void signal(String name, int number, boolean pass) {
        Signal signal = new Signal(name, number, pass);
        RunningWorkload running = runningOrEndStart(signal);
        if (running != null) {
            signal.passTo(running);
        }
    }

    private synchronized @Nullable RunningWorkload runningOrEndStart(Signal signal) {
        if (workload == null) {
            early = signal;
            starting.interrupt();
        }
        return workload;
    }

    /** The exit code of a start that a signal has ended: 128 and its number. */
    public synchronized Optional<Integer> early() {
        return Optional.ofNullable(early).map(signal -> SIGNALLED + signal.number());
    }

    private record Signal(String name, int number, boolean pass) {
        void passTo(RunningWorkload running) {
            running.drainThenSignal(name, pass);
        }
    }
}
