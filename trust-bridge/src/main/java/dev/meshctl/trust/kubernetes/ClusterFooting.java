package dev.meshctl.trust.kubernetes;

import dev.meshctl.kubernetes.client.ApiClients;
import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.lease.HeldLease;
import dev.meshctl.kubernetes.lease.LeaseTerms;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.BundleStore;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.trust.Footing;
import dev.meshctl.trust.attest.ServiceAccountTokens;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import dev.meshctl.trust.rotation.Upkeep;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * All state in objects of the API server, shared by all replicas: the CA in a Secret, the own bundle and those of
 * linked meshes in ConfigMaps. What a replica has read it goes on with while the API server is away; it looks for
 * news every five seconds, by reads of the few objects it knows by name, since it may list and watch none.
 *
 * <p>Options, with what they are unless set: {@code namespace} (mesh-system), {@code audience}
 * (meshctl.dev/trust-bridge), {@code ca-secret} (trust-bridge-ca), {@code ca-directory} (/etc/meshctl/ca),
 * {@code bundle-config-map} (mesh-bundle), {@code linked-bundles-config-map} (linked-bundles), {@code lease}
 * (trust-bridge). The environment's {@code POD_NAME} is the name of this replica.
 */
public final class ClusterFooting {
    private static final Logger LOG = System.getLogger(ClusterFooting.class.getName());
    /** For all of one answer: a caller of the signing API waits five seconds. */
    private static final ApiClients.Manners MANNERS =
            new ApiClients.Manners(Duration.ofSeconds(3), 0, "meshctl-trust-bridge");

    /**
     * How often and how long.
     *
     * @param patience how long a start goes on trying to reach the API server; the container is started again then
     * @param every how often a replica looks for what others have changed
     */
    public record Pace(Duration patience, Duration every) {
        static final Pace USUAL = new Pace(Duration.ofSeconds(30), Duration.ofSeconds(5));
    }

    private final DaemonConfig config;
    private final InstantSource clock;
    private final Counters counters;
    private final KubernetesClient client;
    private final Pace pace;
    private final String namespace;
    private final PublishedBundle published;

    private ClusterFooting(
            DaemonConfig config, InstantSource clock, Counters counters, KubernetesClient client, Pace pace) {
        this.config = config;
        this.clock = clock;
        this.counters = counters;
        this.client = client;
        this.pace = pace;
        this.namespace = config.option("namespace", "mesh-system");
        this.published = new PublishedBundle(map("bundle-config-map", "mesh-bundle"));
    }

    /** Opens it with the pod's own service account. */
    public static Footing open(DaemonConfig config, InstantSource clock, Counters counters) throws IOException {
        return open(config, clock, counters, ApiClients.inCluster(MANNERS), Pace.USUAL);
    }

    /**
     * Opens it.
     *
     * @param client is closed with the footing; must not try again by itself, and must have a timeout
     * @throws IOException if the CA can be had neither from the API server nor from the mounted files
     */
    public static Footing open(
            DaemonConfig config, InstantSource clock, Counters counters, KubernetesClient client, Pace pace)
            throws IOException {
        try {
            return new ClusterFooting(config, clock, counters, client, pace).open();
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    private Footing open() throws IOException {
        CertificateAuthority authority = patiently(this::authority);
        if (!clock.instant().isBefore(authority.issuingCertificate().getNotAfter().toInstant())) {
            // Nothing can be signed with it, not even the SVID of who holds the lease; of two writers one wins.
            authority.rotateIssuingIfDue();
        }
        attempt("bundle_not_published", () -> published.publish(authority.bundle()));
        LinkedBundleMap linked = linked();
        BundleKeeper bundles = new BundleKeeper(authority.bundle(), linked, clock);
        attempt("linked_bundles_not_followed", () -> followed(linked, bundles));
        ServiceAccountTokens tokens = new ServiceAccountTokens(config.trustDomain(), namespace,
                config.option("audience", "meshctl.dev/trust-bridge"), new ApiTokenReviews(client));
        HeldLease lease = HeldLease.of(client,
                LeaseTerms.usual(namespace, config.option("lease", "trust-bridge"), replica()), clock, counters).start();
        return new Footing(authority, tokens, bundles, List.of(rounds(authority, bundles, linked, lease)),
                List.of(lease, client));
    }

    private Upkeep.Rounds rounds(
            CertificateAuthority authority, BundleKeeper bundles, LinkedBundleMap linked, HeldLease lease) {
        return new Upkeep.Rounds("cluster-upkeep", pace.every(), List.of(
                new Upkeep.Step("ca_not_followed", authority::refresh),
                new Upkeep.Step("issuing_key_not_rotated", () -> lease.isHeld() && authority.rotateIssuingIfDue()),
                new Upkeep.Step("linked_bundles_not_followed", () -> followed(linked, bundles)),
                new Upkeep.Step("bundle_not_published", () -> lease.isHeld() && published.publish(authority.bundle()))));
    }

    private static boolean followed(LinkedBundleMap linked, BundleKeeper bundles) throws IOException {
        linked.refresh();
        return bundles.refresh();
    }

    private CertificateAuthority authority() throws IOException {
        SecretAuthority store = new SecretAuthority(client, namespace, config.option("ca-secret", "trust-bridge-ca"),
                Path.of(config.option("ca-directory", "/etc/meshctl/ca")), counters);
        boolean mayCreate;
        try {
            // Asked before the Secret is read: another replica fills the Secret first and publishes then.
            mayCreate = !published.exists();
        } catch (ApiCallFailed e) {
            if (store.read().isEmpty()) {
                // Nothing is made without knowing whether there was a CA before.
                throw e;
            }
            mayCreate = false;
        }
        CertificateAuthority authority =
                CertificateAuthority.open(store, config.trustDomain(), clock, new SecureRandom(), mayCreate);
        store.started();
        return authority;
    }

    private LinkedBundleMap linked() throws IOException {
        Path file = config.dataDir().resolve("linked-bundles.json");
        BundleStore copy =
                Quarantine.open(file, counters, "linked_bundles_corrupt", () -> new BundleStore(file));
        return new LinkedBundleMap(
                map("linked-bundles-config-map", "linked-bundles"), copy, config.trustDomain(), counters);
    }

    private SharedMap map(String option, String otherwise) {
        return new SharedMap(client, namespace, config.option(option, otherwise), counters);
    }

    private interface Opening<T> {
        T open() throws IOException;
    }

    private <T> T patiently(Opening<T> opening) throws IOException {
        long deadline = System.nanoTime() + pace.patience().toNanos();
        Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(3), ThreadLocalRandom.current());
        while (true) {
            try {
                return opening.open();
            } catch (ApiCallFailed e) {
                counters.increment("start_delayed_" + e.fault().label());
                Duration wait = backoff.next();
                if (!e.fault().passing() || System.nanoTime() + wait.toNanos() > deadline) {
                    throw e;
                }
                LOG.log(Level.WARNING, "{0}; trying again", e.getMessage());
                LockSupport.parkNanos(wait.toNanos());
            }
        }
    }

    private void attempt(String cause, Upkeep.Work work) {
        try {
            work.run();
        } catch (IOException | GeneralSecurityException e) {
            counters.increment(cause);
            LOG.log(Level.WARNING, "{0}: {1}; tried again every {2} s", cause, e.getMessage(), pace.every().toSeconds());
        }
    }

    private String replica() {
        String pod = System.getenv("POD_NAME");
        return pod == null || pod.isBlank() ? config.node() + "-" + UUID.randomUUID() : pod;
    }
}
