package dev.meshctl.proxy.daemon;

import dev.meshctl.runtime.daemon.Daemon;
import java.time.InstantSource;

/** The entry point of the proxy's process. */
public final class MeshProxyDaemon {
    private MeshProxyDaemon() {}

    /** Takes {@code --config FILE}; without arguments it is a sidecar, which its environment tells what it needs. */
    public static void main(String[] args) {
        if (args.length == 0) {
            SidecarDaemon.run(System.getenv());
        } else {
            Daemon.run(args, config -> MeshProxy.start(config, InstantSource.system()));
        }
    }
}
