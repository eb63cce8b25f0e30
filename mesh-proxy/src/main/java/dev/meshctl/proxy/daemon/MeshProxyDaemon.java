package dev.meshctl.proxy.daemon;

import dev.meshctl.runtime.daemon.Daemon;
import java.time.InstantSource;

/** The entry point of the proxy's process. */
public final class MeshProxyDaemon {
    private MeshProxyDaemon() {}

    /** Takes {@code --config FILE}. */
    public static void main(String[] args) {
        Daemon.run(args, config -> MeshProxy.start(config, InstantSource.system()));
    }
}
