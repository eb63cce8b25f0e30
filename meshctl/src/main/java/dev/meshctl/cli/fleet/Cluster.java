package dev.meshctl.cli.fleet;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.cli.CliError;
import java.nio.file.Path;

/**
 * A cluster, as the fleet remembers it.
 *
 * @param name RFC 1123 label
 * @param directory what this machine keeps of it: all of a local one, the admin identity for others; derived, not
 *     stored
 */
public record Cluster(String name, TrustDomain trustDomain, Place place, Path directory) {
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
    }

    public boolean isLocal() {
        return place instanceof Place.Local;
    }

    /**
     * What only a local cluster has.
     *
     * @throws CliError if it runs on Kubernetes
     */
    public Place.Local local() {
        return switch (place) {
            case Place.Local local -> local;
            case Place.Kubernetes kubernetes -> throw CliError.usage("cluster " + name + " is no local cluster")
                    .because("it runs on Kubernetes (" + kubernetes.inWords() + "), where Kubernetes does this")
                    .next("meshctl cluster list");
        };
    }

    /** The address of a listener of a local cluster. */
    public String address(String listener) {
        String address = local().listen().get(listener);
        if (address == null) {
            throw CliError.failed("the fleet has no address of " + listener)
                    .at("cluster " + name)
                    .because("fleet.yaml does not name it")
                    .next("meshctl cluster remove " + name + " && meshctl cluster add " + name + " --local");
        }
        return address;
    }

    /** The bundle of the own trust domain of a local cluster, SPIFFE JSON, written on install. */
    public Path bundleFile() {
        return directory.resolve("trust-bridge").resolve("bundle.json");
    }
}
