package dev.meshctl.cli.platform.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process that this cluster started, recognised by pid, start time and a word of its command line, so that a
 * stranger who got the same pid is never taken for it.
 *
 * @param pid 0: none
 * @param startedEpochMs as the system tells it
 * @param mark an argument that the process was started with
 */
record OwnedProcess(long pid, long startedEpochMs, String mark) {
    /** The system's start time moves a little when the clock is set. */
    private static final long TOLERANCE_MS = 2000;

    static final OwnedProcess NONE = new OwnedProcess(0, 0, "");

    static OwnedProcess of(ProcessHandle handle, String mark) {
        return new OwnedProcess(handle.pid(), startOf(handle), mark);
    }

    /** The live process; empty if it has ended or the pid is somebody else's now. */
    Optional<ProcessHandle> alive() {
        if (pid == 0) {
            return Optional.empty();
        }
        return ProcessHandle.of(pid).filter(ProcessHandle::isAlive)
                .filter(handle -> startedEpochMs == 0 || Math.abs(startOf(handle) - startedEpochMs) <= TOLERANCE_MS)
                .filter(this::hasMark);
    }

    boolean isAlive() {
        return alive().isPresent();
    }

    /** Asks it to end, and after the grace ends it; true if it is gone. */
    boolean stop(Duration grace) throws InterruptedException {
        Optional<ProcessHandle> handle = alive();
        if (handle.isEmpty()) {
            return true;
        }
        handle.get().destroy();
        if (awaitExit(handle.get(), grace)) {
            return true;
        }
        alive().ifPresent(ProcessHandle::destroyForcibly);
        return awaitExit(handle.get(), Duration.ofSeconds(5));
    }

    /** True if the process ends within the limit. */
    static boolean awaitExit(ProcessHandle handle, Duration limit) throws InterruptedException {
        try {
            handle.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return !handle.isAlive();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long startOf(ProcessHandle handle) {
        return handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    }

    private boolean hasMark(ProcessHandle handle) {
        if (mark.isEmpty()) {
            return true;
        }
        Optional<String[]> arguments = handle.info().arguments();
        if (arguments.isPresent()) {
            return Arrays.asList(arguments.get()).contains(mark);
        }
        // The JDK leaves out arguments of long command lines.
        try {
            String line = new String(Files.readAllBytes(Path.of("/proc/" + pid + "/cmdline")), StandardCharsets.UTF_8);
            return Arrays.asList(line.split("\0", -1)).contains(mark);
        } catch (IOException e) {
            return startedEpochMs != 0;
        }
    }
}
