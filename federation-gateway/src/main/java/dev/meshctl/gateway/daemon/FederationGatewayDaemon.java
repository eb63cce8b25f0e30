package dev.meshctl.gateway.daemon;

import dev.meshctl.runtime.daemon.Daemon;
import java.time.InstantSource;

/** The federation gateway as a process: {@code --config FILE}. */
public final class FederationGatewayDaemon {
    private FederationGatewayDaemon() {}

    public static void main(String[] args) {
        Daemon.run(args, config -> FederationGateway.start(config, InstantSource.system()));
    }
}
