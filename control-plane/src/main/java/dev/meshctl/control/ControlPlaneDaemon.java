package dev.meshctl.control;

import dev.meshctl.runtime.daemon.Daemon;
import java.time.InstantSource;

/** The control plane as a process: {@code --config FILE}. */
public final class ControlPlaneDaemon {
    private ControlPlaneDaemon() {}

    public static void main(String[] args) {
        Daemon.run(args, config -> ControlPlane.start(config, InstantSource.system()));
    }
}
