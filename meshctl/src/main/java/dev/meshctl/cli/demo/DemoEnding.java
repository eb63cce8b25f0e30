package dev.meshctl.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Makes sure that the demo leaves nothing behind, however it ends. */
final class DemoEnding implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DemoEnding.class.getName());

    private final DemoWorld world;
    private final boolean keep;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final Thread hook = new Thread(this::end, "demo-ending");

    DemoEnding(DemoWorld world, boolean keep) {
        this.world = world;
        this.keep = keep;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    DemoWorld world() {
        return world;
    }

    /** True once clusters and files are being removed. */
    boolean hasBegun() {
        return ended.get();
    }

    /** Copies the logs to a directory that stays, and returns it. */
    Path keepLogs() {
        try {
            Path aside = Files.createTempDirectory("meshctl-demo-logs-");
            LogsAside.copy(world.home(), aside);
            return aside;
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "the logs could not be kept", e);
            return world.home();
        }
    }

    private void end() {
        if (!ended.compareAndSet(false, true) || keep) {
            return;
        }
        world.close();
        try {
            LogsAside.remove(world.home());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "files of the demo are left in " + world.home() + ": " + e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending already, and the hook finds nothing left to do.
            LOG.log(System.Logger.Level.DEBUG, "ended while the process ends", e);
        }
    }
}
