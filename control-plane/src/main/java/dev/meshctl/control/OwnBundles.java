package dev.meshctl.control;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.BundleFile;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.runtime.file.DurableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The bundles that a control plane starts with: what it stored last, and the own bundle that it was installed with. */
final class OwnBundles {
    private OwnBundles() {}

    /**
     * A stored set that cannot be understood is set aside and counted: the trust bridge and the links know all of it.
     *
     * On Kubernetes a bundle that is not published yet is waited for, as {@link BundleFile#read} does.
     *
     * @throws IOException also if the installed bundle is missing or invalid, and none is stored
     */
    static BundleStore open(DaemonConfig config, Counters counters) throws IOException {
        Path file = config.dataDir().resolve("bundles.json");
        BundleStore store = Quarantine.open(file, counters, "bundles_corrupt", () -> new BundleStore(file));
        Optional<TrustBundle> stored = store.current().of(config.trustDomain());
        Optional<TrustBundle> installed = installed(config);
        if (installed.isPresent() && stored.map(s -> s.sequence() <= installed.get().sequence()).orElse(true)) {
            store.put(installed.get());
        } else if (stored.isEmpty()) {
            // On Kubernetes the trust bridge publishes it after its own start.
            store.put(BundleFile.read(config));
        }
        return store;
    }

    private static Optional<TrustBundle> installed(DaemonConfig config) throws IOException {
        TrustDomain own = config.trustDomain();
        try {
            return DurableFile.read(config.bundle(), SpiffeJson.MAX_BYTES).map(b -> SpiffeJson.read(own, b));
        } catch (IllegalArgumentException e) {
            throw new IOException(config.bundle() + " is not usable: " + e.getMessage() + "; install the cluster again", e);
        }
    }
}
