package dev.meshctl.trust;

import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.ConfigException;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Daemon;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.MetricsServer;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.file.CorruptFileException;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleEndpoint;
import dev.meshctl.trust.kubernetes.ClusterFooting;
import dev.meshctl.trust.rotation.OwnIdentity;
import dev.meshctl.trust.rotation.Upkeep;
import dev.meshctl.trust.server.TrustServers;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A trust bridge that serves. On the local platform its state is under the data directory: {@code ca/} (keys, 0600),
 * {@code join-tokens.json}, {@code linked-bundles.json}, {@code admin.sock}, and {@code bundle.json}, the own
 * bundle for all to read. On Kubernetes it is in objects of the API server, see {@link ClusterFooting}.
 *
 * <p>Listens on {@code signing} and {@code bundle}, and on {@code metrics} if the configuration has it. Option
 * {@code svid-ttl-seconds}: 60 to 86400, 3600 unless set.
 */
public final class TrustBridge implements Daemon.Running {
    private static final Logger LOG = System.getLogger(TrustBridge.class.getName());
    /** The own bundle as SPIFFE JSON, in the data directory. */
    public static final String BUNDLE_FILE = "bundle.json";
    /** The owner's socket of the admin API, in the data directory. */
    public static final String ADMIN_SOCKET = "admin.sock";

    /** How long the current SVID of the trust bridge itself may be due before it is renewed. */
    private static final Duration OWN_SVID_EVERY = Duration.ofSeconds(1);

    private final TrustBundle bundle;
    private final SvidSource identity;
    private final TrustServers servers;
    /** Closed in reverse order of opening. */
    private final Deque<AutoCloseable> open;
    private Map<String, String> listening = Map.of();

    private TrustBridge(
            TrustBundle bundle, SvidSource identity, TrustServers servers, Deque<AutoCloseable> open) {
        this.bundle = bundle;
        this.identity = identity;
        this.servers = servers;
        this.open = open;
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
        return start(config, clock, config.onKubernetes() ? ClusterFooting::open : LocalFooting::open);
    }

    /** Opens the state of a platform. */
    interface Ground {
        Footing open(DaemonConfig config, InstantSource clock, Counters counters) throws IOException;
    }

    static TrustBridge start(DaemonConfig config, InstantSource clock, Ground ground)
            throws IOException, ConfigException, GeneralSecurityException {
        Path dataDir = PrivateDirectory.create(config.dataDir());
        Duration ttl = Duration.ofSeconds(config.option("svid-ttl-seconds", 3600, 60, 86_400));
        Counters refusals = new Counters();
        Footing footing = ground.open(config, clock, refusals);
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        // Closed in reverse order of opening, so that the first of these is closed first.
        footing.closing().reversed().forEach(opened::push);
        try {
            CertificateAuthority authority = footing.authority();
            publish(dataDir.resolve(BUNDLE_FILE), authority.bundle());
            OwnIdentity identity = new OwnIdentity(authority, config.trustDomain(), ttl, clock, refusals);
            TrustServers servers = new TrustServers(
                    config.listenAddress("signing"), dataDir.resolve(ADMIN_SOCKET),
                    new TrustServers.Parts(config.trustDomain(), authority, footing.attestor(), footing.bundles(),
                            identity, ttl, refusals,
                            ProcessDescription.of(TrustBridge.class, config.node()), clock));
            opened.push(servers);
            TrustBridge bridge = new TrustBridge(authority.bundle(), identity, servers, opened);
            bridge.serve(config, authority, refusals);
            bridge.keepUp(identity, footing, refusals);
            return bridge;
        } catch (IOException | ConfigException | GeneralSecurityException | RuntimeException e) {
            close(opened);
            throw e;
        }
    }

    private void keepUp(OwnIdentity identity, Footing footing, Counters refusals) {
        List<Upkeep.Rounds> all = new ArrayList<>(footing.upkeep());
        all.add(new Upkeep.Rounds("own-svid", OWN_SVID_EVERY,
                List.of(new Upkeep.Step("own_svid_not_renewed", identity::renewIfDue))));
        all.forEach(rounds -> open.push(new Upkeep(rounds, refusals).start()));
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
        close(open);
    }

    private static void close(Deque<AutoCloseable> open) {
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
