package dev.meshctl.proxy.balance;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.name.SniName;
import dev.meshctl.api.proto.config.Endpoint;
import dev.meshctl.api.proto.config.Health;
import dev.meshctl.proxy.route.InvalidConfig;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * An endpoint as configured.
 *
 * @param id workload id, or {@code <cluster>/<version>} of an import
 * @param address of the workload's inbound listener, or of the own gateway
 * @param weight at least 1
 * @param identities that the server may have; never empty
 * @param ports service ports that it serves; empty: all
 */
public record EndpointSpec(
        String id,
        InetSocketAddress address,
        String version,
        int weight,
        String cluster,
        boolean viaGateway,
        Health health,
        Set<SpiffeId> identities,
        String sniSuffix,
        Set<Integer> ports) {

    static EndpointSpec compile(Endpoint wire) throws InvalidConfig {
        require(!wire.getId().isEmpty(), "id", "must not be empty");
        InetAddress ip = NetUtil.createInetAddressFromIpAddressString(wire.getAddress());
        if (ip == null) {
            throw new InvalidConfig("address: \"" + wire.getAddress() + "\" is not an IP literal");
        }
        require(wire.getPort() >= 1 && wire.getPort() <= 65535, "port", "must be 1 to 65535");
        require(wire.getIdentitiesCount() > 0, "identities", "must not be empty");
        require(SniName.parse("1." + wire.getSniSuffix()).isPresent(), "sni_suffix",
                "\"" + wire.getSniSuffix() + "\" is not <service>.<namespace>.<cluster>.mesh");
        require(wire.getMode().isEmpty() || wire.getMode().equals("mtls"), "mode",
                "\"" + wire.getMode() + "\" is not known; expected \"mtls\"");
        return new EndpointSpec(wire.getId(), new InetSocketAddress(ip, wire.getPort()), wire.getVersion(),
                Math.max(1, wire.getWeight()), wire.getCluster(), wire.getViaGateway(), wire.getHealth(),
                identities(wire), wire.getSniSuffix(), Set.copyOf(wire.getPortsList()));
    }

    private static Set<SpiffeId> identities(Endpoint wire) throws InvalidConfig {
        Set<SpiffeId> ids = new LinkedHashSet<>();
        for (String text : wire.getIdentitiesList()) {
            try {
                ids.add(SpiffeId.parse(text));
            } catch (IllegalArgumentException e) {
                throw new InvalidConfig("identities: " + e.getMessage());
            }
        }
        return Set.copyOf(ids);
    }

    private static void require(boolean condition, String field, String why) throws InvalidConfig {
        if (!condition) {
            throw new InvalidConfig(field + ": " + why);
        }
    }

    /** True if a request for this port and version (empty: any) may go here. */
    boolean serves(int port, String wantedVersion) {
        return (ports.isEmpty() || ports.contains(port)) && (wantedVersion.isEmpty() || wantedVersion.equals(version));
    }

    /** The TLS server name of a call; the version goes in only if a route picked it. */
    public String sni(String pickedVersion, int port) {
        return SniName.of(pickedVersion, port, sniSuffix);
    }
}
