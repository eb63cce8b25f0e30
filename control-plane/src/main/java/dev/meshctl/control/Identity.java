package dev.meshctl.control;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.control.federation.TrustBridgeConnection;
import dev.meshctl.control.federation.TrustBundles;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.attest.WorkloadIdentity;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.Tokens;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Who the control plane is and whom it trusts.
 *
 * @param trustBridge where bundles of linked meshes are kept
 * @param trustBridgeError empty while the trust bridge answers
 * @param watch begins to follow the bundles of the trust bridge
 * @param counters of renewals and their failures
 */
record Identity(
        SvidSource svids,
        BundleStore bundles,
        TrustBundles trustBridge,
        Supplier<Optional<String>> trustBridgeError,
        Watch watch,
        Supplier<Map<String, Long>> counters) {

    /** Follows bundles until the handle is closed. */
    interface Watch {
        AutoCloseable start(Consumer<Bundles> onBundles);
    }

    /**
     * Gets the first SVID, from disk or from the trust bridge.
     *
     * @param closing takes what is to be closed at the end
     */
    static Identity attest(DaemonConfig config, InstantSource clock, Consumer<AutoCloseable> closing)
            throws IOException, ConfigException, IdentityException {
        HostPort address = config.trustBridge();
        if (address == null) {
            throw new ConfigException(config.dataDir() + ": the configuration lacks \"trustBridge\"");
        }
        Counters files = new Counters();
        BundleStore bundles = OwnBundles.open(config, files);
        TrustBridgeClient client = new TrustBridgeClient(address, config.trustDomain(), bundles, config.bundle());
        closing.accept(client);
        WorkloadIdentity svids = WorkloadIdentity.start(new WorkloadIdentity.Attestation(
                SpiffeId.of(config.trustDomain(), SystemIdentity.CONTROL_PLANE),
                client,
                new SvidKeystore(config.dataDir().resolve("svid.pem")),
                Tokens.of(config, SystemIdentity.CONTROL_PLANE.serviceAccount()),
                clock));
        closing.accept(svids);
        TrustBridgeConnection connection = new TrustBridgeConnection(address, config.trustDomain(), svids, bundles);
        closing.accept(connection);
        return new Identity(
                svids, bundles, connection, connection::error, on -> client.watchBundles(svids, on),
                () -> {
                    Map<String, Long> all = new TreeMap<>(files.snapshot());
                    all.putAll(svids.counters());
                    return all;
                });
    }
}
