package dev.meshctl.gateway.daemon;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.gateway.relay.Network;
import dev.meshctl.gateway.relay.RelayLimits;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.net.HostPort;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The validated settings of a gateway.
 *
 * @param process which one this is
 * @param advertised what other clusters are told to dial, {@code host:port}; empty: what the control plane knows, or the
 *     bound address
 * @param transitSources networks whose connections may go on to other clusters; empty: all but known gateways
 */
record GatewaySetup(String cluster, TrustDomain trustDomain, ProcessDescription process, Path dataDir, InetSocketAddress eastWest,
        InetSocketAddress metrics, HostPort controlPlane, List<String> advertised, List<Network> transitSources,
        RelayLimits limits) {
    private static final int MOST_CONNECTIONS = 1_000_000;

    static GatewaySetup of(DaemonConfig config) throws ConfigException {
        HostPort controlPlane = config.controlPlane();
        if (controlPlane == null) {
            throw new ConfigException(config.dataDir() + ": the configuration lacks \"controlPlane\"");
        }
        RelayLimits limits = RelayLimits.DEFAULT;
        int connections = (int) config.option("max-connections", limits.maxConnections(), 1, MOST_CONNECTIONS);
        Duration idle = Duration.ofSeconds(
                config.option("idle-timeout-seconds", limits.idleTimeout().toSeconds(), 1, 7 * 24 * 3600));
        return new GatewaySetup(config.cluster(), config.trustDomain(),
                ProcessDescription.of(GatewaySetup.class, config.node()), config.dataDir(),
                config.listenAddress("east-west"), config.listenAddress("metrics"), controlPlane,
                list(config, "advertise", text -> HostPort.parse(text).toString()),
                list(config, "transit-sources", Network::parse),
                new RelayLimits(connections, limits.helloTimeout(), limits.connectTimeout(), limits.maxAttempts(),
                        idle, limits.withdrawalGrace()));
    }

    /** What other clusters are told to dial: as installed, else as the control plane knows, else as bound. */
    List<String> addresses(List<String> told, InetSocketAddress bound) {
        if (!advertised.isEmpty()) {
            return advertised;
        }
        if (!told.isEmpty()) {
            return List.copyOf(told);
        }
        // "Any address" is no address that anybody could dial.
        return bound.getAddress().isAnyLocalAddress() ? List.of() : List.of(HostPort.of(bound).toString());
    }

    private static <T> List<T> list(DaemonConfig config, String option, Function<String, T> parse)
            throws ConfigException {
        try {
            return Arrays.stream(config.option(option, "").split(",")).map(String::trim)
                    .filter(text -> !text.isEmpty()).map(parse).toList();
        } catch (IllegalArgumentException e) {
            throw new ConfigException(config.dataDir() + ": \"options." + option + "\": " + e.getMessage(), e);
        }
    }
}
