package dev.meshctl.trust;

import dev.meshctl.runtime.daemon.Daemon;
import java.time.InstantSource;

/** The trust bridge as a process of its own. */
public final class TrustBridgeDaemon {
    private TrustBridgeDaemon() {}

    /** Takes {@code --config FILE}; see {@link Daemon#run}. */
    public static void main(String[] args) {
        Daemon.run(args, config -> TrustBridge.start(config, InstantSource.system()));
    }
}
