package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.control.store.WriteRefused;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.Quarantine;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The links of this mesh from their beginning to their end: made by token, kept as {@link MeshLink} resources with the
 * peer's bundle beside them, ended for good by {@link #remove}. The resource is the point of no return: files beside it
 * are written before it and removed after it.
 */
public final class Links {
    private static final System.Logger LOG = System.getLogger(Links.class.getName());

    private final Mesh own;
    private final LinkFiles files;
    private final LinkResources resources;
    /** The peer whose link is being removed by this replica. */
    private String removing = "";
    private final JoinSecrets joining;
    private final PeerBundles bundles;
    private final EndedTrust ended;
    private final TokenHandshake handshake;
    private final PeerUpdates updates;
    private final Succession succession;
    private final TrustSync trust;
    private final AuditLog audit;
    private final Counters counters;
    private final List<Consumer<String>> onRemove = new CopyOnWriteArrayList<>();

    /** Who this mesh is. */
    public record Mesh(String cluster, TrustDomain trustDomain) {}

    /**
     * Where the peer is to dial.
     *
     * @param problem why there is no address, and what to do; may be empty
     */
    public record Gateways(List<HostPort> addresses, String problem) {}

    /**
     * @param directory of the peers' bundles
     * @param records of tokens and secrets; if they are shared, they are taken over with {@link #lead}
     */
    public Links(Mesh own, Path directory, LinkRecords records, ResourceStore store, TrustSync trust, InstantSource clock,
            RandomGenerator random, AuditLog audit, Counters counters) throws IOException {
        this.own = own;
        this.trust = trust;
        this.audit = audit;
        this.counters = counters;
        this.files = new LinkFiles(directory, records);
        this.resources = new LinkResources(store);
        this.joining = new JoinSecrets(files, clock, counters);
        this.bundles = new PeerBundles(files, trust, counters);
        this.ended = new EndedTrust(files, trust, counters);
        LinkSecrets secrets = Quarantine.open(directory.resolve("tokens.json"), counters, "link_tokens_corrupt",
                () -> new LinkSecrets(records, clock, random));
        this.handshake = new TokenHandshake(own, resources, secrets, joining, bundles, this::save, clock, audit, counters);
        this.updates = new PeerUpdates(resources, bundles, trust, audit, counters);
        this.succession = new Succession(records.shared(), files, joining, bundles, ended, resources, counters);
        if (records.shared()) {
            return;
        }
        files.keepOnly(all().stream().map(MeshLink::peer).collect(Collectors.toSet()));
        for (MeshLink link : all()) {
            load(link);
        }
        ended.load(all());
    }

    private void load(MeshLink link) {
        try {
            bundles.load(link);
            joining.load(link.peer());
        } catch (IOException e) {
            counters.increment("link_file_corrupt");
            LOG.log(System.Logger.Level.ERROR, () -> "link to " + link.peer() + ": " + e.getMessage()
                    + "; remove the link on both sides and link again");
        }
    }

    /** Begins to bring the trust bridge in line with the links. */
    public void start() {
        bundles.tellTrustBridge();
        ended.tellTrustBridge();
        trust.start(this::removedFromTrustBridge);
    }

    /**
     * This replica begins or ceases to lead. What the one that led before has stored is taken over at the next {@link
     * #expire}. Does not block.
     */
    public void lead(boolean leads) {
        succession.lead(leads);
        if (!leads) {
            ended.letGo();
        }
    }

    /** Adds who is told of each change of any link, on the changing thread. */
    public void listen(Runnable listener) {
        resources.listen(listener);
    }

    /** Adds who is told of each peer whose link is gone. */
    public void listenToRemovals(Consumer<String> listener) {
        onRemove.add(listener);
    }

    public List<MeshLink> all() {
        return resources.all();
    }

    public Optional<MeshLink> of(String peer) {
        return resources.of(peer);
    }

    public Optional<TrustDomain> trustDomainOf(String peer) {
        return of(peer).map(LinkResources::trustDomain);
    }

    public Optional<TrustBundle> bundleOf(String peer) {
        return bundles.of(peer);
    }

    /**
     * Whom this mesh trusts: itself, and each mesh that it is linked to, for as long as that link stands. The trust bridge says by
     * which bundle; what it has lost, or has not forgotten yet, changes nothing.
     */
    public Bundles trusted(Bundles ofTrustBridge) {
        Map<TrustDomain, TrustBundle> all = new HashMap<>(bundles.of(all(), ofTrustBridge));
        ofTrustBridge.of(own.trustDomain()).ifPresent(bundle -> all.put(own.trustDomain(), bundle));
        return new Bundles(all);
    }

    /**
     * Takes from the trust bridge the bundles that another replica has brought there. The replica that leads gives it back those
     * that it has lost; any other may not have heard yet that their link has ended.
     */
    public synchronized void align(Bundles ofTrustBridge, boolean leads) {
        bundles.adopt(all(), ofTrustBridge, leads);
        if (leads) {
            bundles.restore(all(), ofTrustBridge);
            bundles.settle(ofTrustBridge);
        }
    }

    /** What this side still has to present to the peer. */
    Optional<String> joinSecret(String peer) {
        return joining.of(peer);
    }

    /** Trust domains whose link has ended, and whose bundle the trust bridge is still to forget. */
    public Set<TrustDomain> beingForgotten() {
        return ended.all();
    }

    /**
     * Makes a token for another mesh.
     *
     * @param ttl zero: 15 minutes
     * @param forCluster empty: whoever presents it
     */
    public LinkToken createToken(Duration ttl, String forCluster, Gateways gateways, TrustBundle bundle, String actor)
            throws LinkException, IOException {
        return handshake.create(ttl, forCluster, gateways, bundle, actor);
    }

    /** Links to the mesh that made the token; the gateway joins afterwards. */
    public synchronized LinkToken accept(String text, boolean dryRun, String actor) throws LinkException, IOException {
        return handshake.accept(text, dryRun, actor);
    }

    /** A peer has presented a token of this mesh: uses up the token and stores the link. */
    public synchronized MeshLink join(JoinRequest request) throws LinkException, IOException {
        return handshake.join(request);
    }

    /** The peer has taken the secret; it is of no more use. */
    synchronized void joined(String peer) {
        handshake.taken(peer);
    }

    /** Ends secrets that no peer has taken in time; their links say so. To be called every now and then. */
    public synchronized void expire() {
        succession.takeOver();
        ended.tidy();
        handshake.expire();
    }

    /** A peer's gateway has told a new bundle. Refused ones are counted. */
    synchronized void bundleUpdate(BundleUpdate update) {
        updates.bundle(update);
    }

    /**
     * A peer's gateways are dialled elsewhere. What does not work yet is tried after what the link has; what works takes
     * its place.
     */
    synchronized void addressUpdate(AddressUpdate update) {
        updates.addresses(update);
    }

    private void save(MeshLink link, TrustBundle bundle) throws IOException {
        try {
            bundles.put(link.peer(), bundle);
        } catch (IOException e) {
            forget(link.peer());
            throw e;
        }
        try {
            resources.put(link);
        } catch (WriteRefused e) {
            forget(link.peer());
            throw e;
        }
        // After any other failure the link may be stored all the same, without an answer: what belongs to it stays, and means
        // nothing without a link.
        ended.revoke(bundle.trustDomain());
        trust.put(bundle);
    }

    /** Ends a link: the peer is not trusted any more and its services are forgotten. */
    public synchronized void remove(String peer, String actor) throws LinkException, IOException {
        MeshLink link = resources.require(peer);
        TrustDomain trustDomain = LinkResources.trustDomain(link);
        ended.note(trustDomain);
        removing = peer;
        try {
            resources.remove(link);
        } finally {
            removing = "";
        }
        end(link);
        audit.record(actor, "unlinked", "MeshLink " + peer);
        resources.changed();
    }

    /**
     * A link is gone from where links are stored, by whoever has removed it: another replica, or a user by other means. It is
     * trusted no more. The trust bridge is told by the replica that leads.
     */
    public synchronized void gone(MeshLink link, boolean leads) {
        if (link.peer().equals(removing) || of(link.peer()).isPresent()) {
            return;
        }
        if (!leads) {
            bundles.forget(link.peer());
            return;
        }
        try {
            ended.note(LinkResources.trustDomain(link));
        } catch (IOException e) {
            counters.increment("link_removal_not_noted");
            LOG.log(System.Logger.Level.WARNING, "the end of the link to {0} is not noted: {1}", link.peer(), e.getMessage());
        }
        end(link);
    }

    private void end(MeshLink link) {
        TrustDomain trustDomain = LinkResources.trustDomain(link);
        ended.end(trustDomain);
        forget(link.peer());
        trust.remove(trustDomain);
        onRemove.forEach(l -> l.accept(link.peer()));
    }

    /** The link has ended by now, whatever becomes of its files; what is left of them is removed at the next start. */
    private void forget(String peer) {
        bundles.forget(peer);
        joining.end(peer);
        try {
            files.forget(peer);
        } catch (IOException e) {
            counters.increment("link_files_not_removed");
            LOG.log(System.Logger.Level.WARNING, "files of the ended link to {0} are left: {1}", peer, e.getMessage());
        }
    }

    private synchronized void removedFromTrustBridge(TrustDomain trustDomain) {
        ended.forgotten(trustDomain);
    }
}
