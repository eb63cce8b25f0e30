package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A cluster of this machine: its addresses are in the fleet, its bundle in its directory. */
final class LocalReach implements Reach {
    private final Cluster cluster;
    private final Bundles bundles;
    private @Nullable AdminIdentity identity;

    LocalReach(Cluster cluster) {
        this.cluster = cluster;
        this.bundles = bundles(cluster);
    }

    private static Bundles bundles(Cluster cluster) {
        try {
            byte[] document = DurableFile.read(cluster.bundleFile(), SpiffeJson.MAX_BYTES)
                    .orElseThrow(() -> CliError.failed("cluster " + cluster.name() + " is not installed")
                            .because("it has no bundle at " + cluster.bundleFile())
                            .next("meshctl install --cluster " + cluster.name()));
            return new Bundles(Map.of(cluster.trustDomain(), SpiffeJson.read(cluster.trustDomain(), document)));
        } catch (IOException | IllegalArgumentException e) {
            throw CliError.failed("cannot read the bundle of cluster " + cluster.name())
                    .at(cluster.bundleFile().toString()).because(String.valueOf(e.getMessage()))
                    .next("meshctl install --cluster " + cluster.name()).from(e);
        }
    }

    @Override
    public BundleSource bundles() {
        return () -> bundles;
    }

    @Override
    public synchronized SvidSource identity() {
        if (identity == null) {
            identity = AdminIdentity.of(cluster, () -> bundles);
        }
        return identity.svid();
    }

    @Override
    public HostPort address(Destination to) {
        if (!(to instanceof Destination.Part of)) {
            throw new IllegalArgumentException("cluster " + cluster.name() + " is local and has no pods");
        }
        SystemIdentity part = of.part();
        return HostPort.parse(cluster.address(switch (part) {
            case CONTROL_PLANE -> Cluster.CONTROL_API;
            case TRUST_BRIDGE -> Cluster.TRUST_SIGNING;
            case PROXY -> Cluster.PROXY_ADMIN;
            case FEDERATION_GATEWAY, PROBE, ADMIN ->
                throw new IllegalArgumentException(part.serviceAccount() + " has no API");
        }));
    }

    @Override
    public String trouble(Destination to) {
        return "";
    }

    @Override
    public List<String> replicas(SystemIdentity part) {
        return List.of();
    }

    @Override
    public synchronized void close() {
        if (identity != null) {
            identity.close();
        }
    }
}
