package dev.meshctl.cli.fleet;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.cli.CliError;
import java.nio.file.Path;
import java.util.Map;

/**
 * A cluster of the local platform, as the fleet remembers it.
 *
 * @param name RFC 1123 label
 * @param range loopback range {@code 127.<n>} of its own, or empty where there is only 127.0.0.1
 * @param listen address of each listener, {@code ip:port}; keys are the constants of this class
 * @param region locality, may be empty
 * @param zone locality, may be empty
 * @param directory where its daemons keep everything; derived, not stored
 */
public record Cluster(
        String name,
        TrustDomain trustDomain,
        String range,
        Map<String, String> listen,
        String region,
        String zone,
        Path directory) {
    public static final String TRUST_SIGNING = "trust-bridge/signing";
    public static final String TRUST_BUNDLE = "trust-bridge/bundle";
    public static final String TRUST_METRICS = "trust-bridge/metrics";
    public static final String CONTROL_API = "control-plane/api";
    public static final String CONTROL_METRICS = "control-plane/metrics";
    public static final String GATEWAY_EAST_WEST = "federation-gateway/east-west";
    public static final String GATEWAY_METRICS = "federation-gateway/metrics";
    public static final String PROXY_ADMIN = "mesh-proxy/admin";
    public static final String PROXY_METRICS = "mesh-proxy/metrics";

    public Cluster {
        DnsLabel.require(name, "cluster name");
        listen = Map.copyOf(listen);
    }

    /** The address of a listener. */
    public String address(String listener) {
        String address = listen.get(listener);
        if (address == null) {
            throw CliError.failed("the fleet has no address of " + listener)
                    .at("cluster " + name)
                    .because("fleet.yaml does not name it")
                    .next("meshctl cluster remove " + name + " && meshctl cluster add " + name + " --local");
        }
        return address;
    }

    /** The bundle of the own trust domain, SPIFFE JSON, written on install. */
    public Path bundleFile() {
        return directory.resolve("trust-bridge").resolve("bundle.json");
    }
}
