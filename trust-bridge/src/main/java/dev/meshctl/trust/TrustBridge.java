package dev.meshctl.trust;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.attest.JoinTokens;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleEndpoint;
import dev.meshctl.trust.bundle.BundleKeeper;
import dev.meshctl.trust.rotation.OwnIdentity;
import dev.meshctl.trust.rotation.Upkeep;
import dev.meshctl.trust.server.TrustServers;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A trust bridge that serves. Its state is under the data directory: {@code ca/} (keys, 0600),
 * {@code join-tokens.json}, {@code linked-bundles.json}, {@code admin.sock}, and {@code bundle.json}, the own
 * bundle for all to read.
 *
 * <p>Listens on {@code signing} and {@code bundle}, and on {@code metrics} if the configuration has it. Option {@code svid-ttl-seconds}: 60 to 86400, 3600 unless set.
 */
public final class TrustBridge implements Daemon.Running {
    private static final Logger LOG = System.getLogger(TrustBridge.class.getName());
    /** The own bundle as SPIFFE JSON, in the data directory. */
    public static final String BUNDLE_FILE = "bundle.json";
    /** The owner's socket of the admin API, in the data directory. */
    public static final String ADMIN_SOCKET = "admin.sock";

    private final TrustBundle bundle;
    private final SvidSource identity;
    private final TrustServers servers;
    /** Closed in reverse order of opening. */
    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private Map<String, String> listening = Map.of();

    private TrustBridge(TrustBundle bundle, SvidSource identity, TrustServers servers) {
        this.bundle = bundle;
        this.identity = identity;
        this.servers = servers;
        open.push(servers);
    }

    /**
     * Opens the state, or makes a CA where there has never been one, and serves.
     *
     * @throws CorruptFileException if the CA cannot be understood; the message names the file and the next step.
     *     Tokens and bundles of linked meshes that cannot be understood are set aside and counted
     * @throws ConfigException if a listener or option is missing or wrong
     * @throws IOException if an address is in use or the disk cannot be written
     * @throws GeneralSecurityException if the CA is past its end
     */
    public static TrustBridge start(DaemonConfig config, InstantSource clock)
            throws IOException, ConfigException, GeneralSecurityException {
        Path dataDir = PrivateDirectory.create(config.dataDir());
        Duration ttl = Duration.ofSeconds(config.option("svid-ttl-seconds", 3600, 60, 86_400));
        SecureRandom random = new SecureRandom();
        TrustDomain own = config.trustDomain();
        Counters refusals = new Counters();
        Path bundleFile = dataDir.resolve(BUNDLE_FILE);
        CertificateAuthority authority =
                CertificateAuthority.open(dataDir, own, clock, random, !Files.exists(bundleFile));
        authority.rotateIssuingIfDue();
        publish(bundleFile, authority.bundle());
        Path tokenFile = dataDir.resolve("join-tokens.json");
        JoinTokens tokens = Quarantine.open(
                tokenFile, refusals, "join_tokens_corrupt", () -> new JoinTokens(tokenFile, clock, random));
        Path linkedFile = dataDir.resolve("linked-bundles.json");
        BundleKeeper bundles = Quarantine.open(
                linkedFile, refusals, "linked_bundles_corrupt",
                () -> new BundleKeeper(authority.bundle(), linkedFile, clock));
        OwnIdentity identity = new OwnIdentity(authority, own, ttl, clock, refusals);
        TrustServers servers = new TrustServers(
                config.listenAddress("signing"),
                dataDir.resolve(ADMIN_SOCKET),
                new TrustServers.Parts(own, authority, tokens, bundles, identity, ttl, refusals, clock));
        TrustBridge bridge = new TrustBridge(authority.bundle(), identity, servers);
        try {
            bridge.serve(config, authority, refusals);
            bridge.open.push(new Upkeep(identity, authority, tokens, refusals).start());
            return bridge;
        } catch (IOException | ConfigException e) {
            bridge.close();
            throw e;
        }
    }

    private void serve(DaemonConfig config, CertificateAuthority authority, Counters refusals)
            throws IOException, ConfigException {
        Map<String, String> addresses = new TreeMap<>(Map.of("signing", servers.address().toString()));
        BundleEndpoint endpoint =
                new BundleEndpoint(config.listenAddress("bundle"), identity, authority::bundle, refusals);
        open.push(endpoint);
        addresses.put("bundle", HostPort.of(endpoint.address()).toString());
        if (config.listen().containsKey("metrics")) {
            MetricsServer metrics =
                    new MetricsServer(config.listenAddress("metrics"), servers.metrics(), Optional::empty);
            open.push(metrics);
            addresses.put("metrics", HostPort.of(metrics.address()).toString());
        }
        listening = Map.copyOf(addresses);
    }

    /** The own bundle. */
    public TrustBundle bundle() {
        return bundle;
    }

    /** The SVID that it shows to its callers. */
    public SvidSource identity() {
        return identity;
    }

    /** Where the signing API listens. */
    public HostPort signingAddress() {
        return servers.address();
    }

    /** The owner's socket of the admin API. */
    public Path adminSocket() {
        return servers.adminSocket();
    }

    /** The actual addresses of {@code signing}, {@code bundle} and {@code metrics}, {@code ip:port}. */
    @Override
    public Map<String, String> listening() {
        return listening;
    }

    @Override
    public void close() {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "a part of the trust bridge did not stop cleanly", e);
            }
        }
    }

    private static void publish(Path file, TrustBundle bundle) throws IOException {
        byte[] document = SpiffeJson.write(bundle);
        byte[] known = DurableFile.read(file, SpiffeJson.MAX_BYTES).orElse(null);
        if (!Arrays.equals(document, known)) {
            DurableFile.write(file, document, DurableFile.SHARED);
        }
    }
}
