package dev.meshctl.cli.connect;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.client.TrustAdminClient;
import dev.meshctl.trust.client.TrustAdminException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The CLI's identity in one cluster: a 0600 file in the directory of the cluster, renewed from half-life. Who may
 * read the directory may use the trust bridge's socket there, so it can always be had again.
 */
final class AdminIdentity implements AutoCloseable {
    private static final Duration TOKEN_LIFE = Duration.ofMinutes(1);

    private final TrustBridgeClient trustBridge;
    private final WorkloadIdentity identity;

    private AdminIdentity(TrustBridgeClient trustBridge, WorkloadIdentity identity) {
        this.trustBridge = trustBridge;
        this.identity = identity;
    }

    static AdminIdentity of(Cluster cluster, BundleSource bundles) {
        SpiffeId id = SpiffeId.of(cluster.trustDomain(), SystemIdentity.ADMIN);
        TrustBridgeClient trustBridge = new TrustBridgeClient(
                HostPort.parse(cluster.address(Cluster.TRUST_SIGNING)), cluster.trustDomain(), bundles);
        try {
            return new AdminIdentity(trustBridge, WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                    id, trustBridge, new SvidKeystore(cluster.directory().resolve("admin.pem")),
                    () -> joinToken(cluster, id), InstantSource.system())));
        } catch (IdentityException e) {
            trustBridge.close();
            throw unavailable(cluster, String.valueOf(e.getMessage())).from(e);
        }
    }

    WorkloadIdentity svid() {
        return identity;
    }

    private static Optional<String> joinToken(Cluster cluster, SpiffeId id) {
        Path socket = cluster.directory().resolve("trust-bridge").resolve("admin.sock");
        try (TrustAdminClient admin = TrustAdminClient.overSocket(socket)) {
            return Optional.of(admin.createJoinToken(id, TOKEN_LIFE).token());
        } catch (TrustAdminException e) {
            throw unavailable(cluster, String.valueOf(e.getMessage())).from(e);
        }
    }

    private static CliError unavailable(Cluster cluster, String why) {
        return CliError.failed("cannot get an admin identity").at("cluster " + cluster.name() + ", trust bridge")
                .because(why).next("meshctl status --cluster " + cluster.name());
    }

    @Override
    public void close() {
        identity.close();
        trustBridge.close();
    }
}
