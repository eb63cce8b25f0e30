package dev.meshctl.cli.platform.local;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Daemons as processes of this machine; what they print goes to {@code console.log} beside their data. */
final class DaemonProcesses implements Daemons {
    private static final long MAX_CONSOLE_BYTES = 1 << 20;
    private static final int SIGNALLED = 128;

    private final ClusterDirectory directory;

    DaemonProcesses(ClusterDirectory directory) {
        this.directory = directory;
    }

    @Override
    public Child start(Component component) throws IOException {
        Path console = directory.console(component);
        if (Files.exists(console) && Files.size(console) > MAX_CONSOLE_BYTES) {
            Files.delete(console);
        }
        long before = Files.exists(console) ? Files.size(console) : 0;
        Process process = new ProcessBuilder(JavaCommand.of(component, directory))
                .directory(directory.of(component).toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(console.toFile()))
                .start();
        OwnedProcess identity = OwnedProcess.of(process.toHandle(), directory.config(component).toString());
        return new Started(process, identity, console, before);
    }

    @Override
    public Optional<Child> find(OwnedProcess known) {
        return known.isAlive() ? Optional.of(new Found(known)) : Optional.empty();
    }

    /** One that this process started. */
    private record Started(Process process, OwnedProcess identity, Path console, long consoleBefore) implements Child {
        @Override
        public boolean isAlive() {
            return process.isAlive();
        }

        @Override
        public void await(Duration limit) throws InterruptedException {
            process.waitFor(limit);
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            identity.stop(grace);
        }

        @Override
        public String exit() {
            int code = process.exitValue();
            String how = code > SIGNALLED ? "killed by signal " + (code - SIGNALLED) : "exit code " + code;
            return ConsoleLog.lastWords(console, consoleBefore).map(said -> how + ": " + said).orElse(how);
        }
    }

    /** One that another supervisor started. */
    private record Found(OwnedProcess identity) implements Child {
        @Override
        public boolean isAlive() {
            return identity.isAlive();
        }

        @Override
        public void await(Duration limit) throws InterruptedException {
            Optional<ProcessHandle> handle = identity.alive();
            if (handle.isPresent()) {
                OwnedProcess.awaitExit(handle.get(), limit);
            }
        }

        @Override
        public void stop(Duration grace) throws InterruptedException {
            identity.stop(grace);
        }

        @Override
        public String exit() {
            return "ended; it was started by an earlier supervisor, so its exit code is not known";
        }
    }
}
