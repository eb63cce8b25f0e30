package dev.meshctl.cli.fleet;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.cli.CliError;

/** A name and a trust domain that no cluster of the fleet has yet. */
public record NewName(String name, TrustDomain trustDomain) {
    /**
     * Checks both.
     *
     * @param trustDomain empty for {@code <name>.mesh}
     * @throws CliError if one is taken or no valid name
     */
    public static NewName in(Fleet fleet, FleetFile file, String name, String trustDomain) {
        if (fleet.find(name).isPresent()) {
            throw CliError.failed("cluster \"" + name + "\" is already in the fleet")
                    .at(file.path().toString()).next("meshctl install --cluster " + name);
        }
        TrustDomain wanted = valid(name, trustDomain);
        fleet.clusters().stream().filter(c -> c.trustDomain().equals(wanted)).findFirst().ifPresent(c -> {
            throw CliError.failed("cluster \"" + c.name() + "\" already has the trust domain " + wanted)
                    .because("every mesh needs its own").next("add --trust-domain " + name + ".example");
        });
        return new NewName(name, wanted);
    }

    private static TrustDomain valid(String name, String trustDomain) {
        try {
            DnsLabel.require(name, "cluster name");
            return trustDomain.isEmpty() ? TrustDomain.ofCluster(name) : new TrustDomain(trustDomain);
        } catch (IllegalArgumentException e) {
            throw CliError.usage(String.valueOf(e.getMessage()));
        }
    }
}
