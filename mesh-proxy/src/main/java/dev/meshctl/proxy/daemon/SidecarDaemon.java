package dev.meshctl.proxy.daemon;

import dev.meshctl.proxy.dns.ResolvConf;
import dev.meshctl.proxy.sidecar.SidecarConfig;
import dev.meshctl.runtime.daemon.LastingLogs;
import dev.meshctl.runtime.daemon.LogFiles;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The process of a sidecar: settings from the environment, logs to standard output, an end at SIGTERM. */
final class SidecarDaemon {
    static {
        // Before the first logger, with which the log manager is made.
        LastingLogs.install();
    }

    private static final System.Logger LOG = System.getLogger(SidecarDaemon.class.getName());

    private SidecarDaemon() {}

    /** Returns when the process is told to end; ends it with status 1 and one line when it cannot start. */
    static void run(Map<String, String> environment) {
        CountDownLatch stopped = new CountDownLatch(1);
        try {
            SidecarConfig config = SidecarConfig.read(environment);
            logTo(config.logLevel());
            SidecarProxy proxy = SidecarProxy.start(
                    config, ResolvConf.read(ResolvConf.FILE), InstantSource.system(), ProxyBounds.DEFAULT);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                proxy.end();
                proxy.close();
                LOG.log(Level.INFO, "the sidecar has stopped");
                stopped.countDown();
            }, "stop"));
            LOG.log(Level.INFO, "sidecar of {0} as {1} has started", config.node(), config.identity());
            stopped.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.log(Level.DEBUG, "the sidecar cannot start", e);
            System.err.println("mesh-proxy cannot start: " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            System.exit(1);
        }
    }

    private static void logTo(String level) {
        LogFiles.toConsole(switch (level) {
            case "debug" -> java.util.logging.Level.FINE;
            case "warn", "warning" -> java.util.logging.Level.WARNING;
            case "error" -> java.util.logging.Level.SEVERE;
            default -> java.util.logging.Level.INFO;
        });
    }
}
