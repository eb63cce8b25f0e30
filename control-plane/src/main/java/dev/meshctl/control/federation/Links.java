package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.control.AddressUpdate;
import dev.meshctl.api.proto.control.BundleUpdate;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.ResourceStore;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * The links of this mesh: made by token, kept as {@link MeshLink} resources with the peer's bundle beside
 * them, ended for good by {@link #remove}. The resource is the point of no return: files beside it are
 * written before it and removed after it.
 */
public final class Links {
    private static final System.Logger LOG = System.getLogger(Links.class.getName());

    private final Mesh own;
    private final ResourceStore store;
    private final LinkSecrets secrets;
    private final LinkFiles files;
    private final TrustSync trust;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Counters counters;
    private final List<Runnable> onChange = new CopyOnWriteArrayList<>();
    private final List<Consumer<String>> onRemove = new CopyOnWriteArrayList<>();
    private final Map<String, TrustBundle> bundles = new ConcurrentHashMap<>();
    private final JoinSecrets joining;
    private final Set<TrustDomain> removed = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean toTakeOver = new AtomicBoolean();
    private final boolean shared;

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
    public Links(
            Mesh own,
            Path directory,
            LinkRecords records,
            ResourceStore store,
            TrustSync trust,
            InstantSource clock,
            RandomGenerator random,
            AuditLog audit,
            Counters counters)
            throws IOException {
        this.own = own;
        this.store = store;
        this.trust = trust;
        this.clock = clock;
        this.audit = audit;
        this.counters = counters;
        this.files = new LinkFiles(directory, records);
        this.joining = new JoinSecrets(files, clock, counters);
        this.shared = records.shared();
        this.secrets = Quarantine.open(directory.resolve("tokens.json"), counters, "link_tokens_corrupt",
                () -> new LinkSecrets(records, clock, random));
        if (shared) {
            return;
        }
        files.keepOnly(all().stream().map(MeshLink::peer).collect(Collectors.toSet()));
        for (MeshLink link : all()) {
            load(link);
        }
        removed.addAll(files.removals());
        all().forEach(l -> removed.remove(trustDomain(l)));
    }

    private void load(MeshLink link) {
        try {
            files.bundle(link.peer(), trustDomain(link)).ifPresent(b -> bundles.put(link.peer(), b));
            joining.load(link.peer());
        } catch (IOException e) {
            counters.increment("link_file_corrupt");
            LOG.log(System.Logger.Level.ERROR, () -> "link to " + link.peer() + ": " + e.getMessage()
                    + "; remove the link on both sides and link again");
        }
    }

    /** Begins to bring the trust bridge in line with the links. */
    public void start() {
        bundles.values().forEach(trust::put);
        removed.forEach(trust::remove);
        trust.start(this::removedFromTrustBridge);
    }

    /**
     * This replica begins or ceases to lead. What the one that led before has stored is taken over at the next {@link
     * #expire}. Does not block.
     */
    public void lead(boolean leads) {
        if (shared) {
            toTakeOver.set(leads);
            if (!leads) {
                joining.forgetAll();
            }
        }
    }

    private void takeOver() {
        if (!toTakeOver.getAndSet(false)) {
            return;
        }
        try {
            for (String peer : files.secrets()) {
                joining.load(peer);
            }
            removed.addAll(files.removals());
            all().forEach(l -> removed.remove(trustDomain(l)));
            removed.forEach(trust::remove);
            changed();
        } catch (IOException e) {
            toTakeOver.set(true);
            counters.increment("link_records_not_read");
            LOG.log(System.Logger.Level.WARNING, "secrets of links are not taken over yet; trying again: {0}", e.getMessage());
        }
    }

    /** Adds who is told of each change of any link, on the changing thread. */
    public void listen(Runnable listener) {
        onChange.add(listener);
    }

    /** Adds who is told of each peer whose link is gone. */
    public void listenToRemovals(Consumer<String> listener) {
        onRemove.add(listener);
    }

    public List<MeshLink> all() {
        return store.all(MeshLink.class);
    }

    public Optional<MeshLink> of(String peer) {
        return store.get(MeshLink.class, key(peer));
    }

    public Optional<TrustDomain> trustDomainOf(String peer) {
        return of(peer).map(Links::trustDomain);
    }

    public Optional<TrustBundle> bundleOf(String peer) {
        return Optional.ofNullable(bundles.get(peer));
    }

    /** These bundles, and those of links that are not among them: a link is trusted for as long as it stands. */
    public Bundles complete(Bundles known) {
        Map<TrustDomain, TrustBundle> all = new HashMap<>();
        bundles.values().forEach(bundle -> all.put(bundle.trustDomain(), bundle));
        all.putAll(known.byTrustDomain());
        return new Bundles(all);
    }

    /**
     * Gives the trust bridge back the bundles of links that it has lost, and takes from it those of links that another
     * replica has made.
     */
    public void restore(Bundles ofTrustBridge) {
        for (MeshLink link : all()) {
            if (!bundles.containsKey(link.peer())) {
                ofTrustBridge.of(trustDomain(link)).ifPresent(bundle -> bundles.putIfAbsent(link.peer(), bundle));
            }
        }
        for (TrustBundle bundle : bundles.values()) {
            if (ofTrustBridge.of(bundle.trustDomain()).isEmpty()) {
                trust.put(bundle);
            }
        }
    }

    /** What this side still has to present to the peer. */
    Optional<String> joinSecret(String peer) {
        return joining.of(peer);
    }

    /** Trust domains that are not to be trusted any more, though the trust bridge may not know it yet. */
    public Set<TrustDomain> untrusted() {
        return Set.copyOf(removed);
    }

    /**
     * Makes a token for another mesh.
     *
     * @param ttl zero: 15 minutes
     * @param forCluster empty: whoever presents it
     */
    public LinkToken createToken(Duration ttl, String forCluster, Gateways gateways, TrustBundle bundle, String actor)
            throws LinkException, IOException {
        if (gateways.addresses().isEmpty()) {
            throw new LinkException(LinkException.Cause.NO_GATEWAY, gateways.problem().isEmpty()
                    ? "no federation gateway of cluster " + own.cluster() + " has said where it listens; check it with `meshctl status`"
                    : "other clusters cannot dial the gateway of cluster " + own.cluster() + ": " + gateways.problem());
        }
        if (ttl.isNegative() || ttl.compareTo(LinkSecrets.MAX_TTL) > 0) {
            throw new LinkException(LinkException.Cause.INVALID_REQUEST, "a token may live 1 second to 24 hours");
        }
        if (!forCluster.isEmpty() && !DnsLabel.isValid(forCluster)) {
            throw new LinkException(LinkException.Cause.INVALID_REQUEST, "\"" + forCluster + "\" is not a cluster name");
        }
        if (forCluster.equals(own.cluster())) {
            throw ownMesh();
        }
        if (!forCluster.isEmpty() && of(forCluster).isPresent()) {
            throw alreadyLinked(forCluster);
        }
        LinkSecrets.Created created = secrets.create(ttl.isZero() ? LinkSecrets.DEFAULT_TTL : ttl, forCluster);
        audit.record(actor, "created", "link token until " + created.expires());
        return new LinkToken(own.cluster(), own.trustDomain(), gateways.addresses(), bundle, created.secret(), created.expires());
    }

    /** Links to the mesh that made the token; the gateway joins afterwards. */
    public synchronized LinkToken accept(String text, boolean dryRun, String actor) throws LinkException, IOException {
        LinkToken token = LinkToken.decode(text);
        if (token.cluster().equals(own.cluster()) || token.trustDomain().equals(own.trustDomain())) {
            throw ownMesh();
        }
        if (!clock.instant().isBefore(token.expires())) {
            throw new LinkException(LinkException.Cause.TOKEN_EXPIRED, "the token of cluster " + token.cluster()
                    + " expired at " + token.expires() + "; make a new one there with `meshctl link create`");
        }
        requireNew(token.cluster(), token.trustDomain());
        if (!dryRun) {
            joining.put(token.cluster(), new JoinSecrets.Secret(token.secret(), token.expires()));
            save(link(token.cluster(), token.trustDomain(), token.addresses(), true), token.bundle());
            audit.record(actor, "linked", "MeshLink " + token.cluster());
            changed();
        }
        return token;
    }

    /** A peer has presented a token of this mesh: uses up the token and stores the link. */
    public synchronized MeshLink join(JoinRequest request) throws LinkException, IOException {
        TrustDomain trustDomain;
        TrustBundle bundle;
        List<HostPort> addresses;
        try {
            DnsLabel.require(request.getCluster(), "cluster name");
            trustDomain = new TrustDomain(request.getTrustDomain());
            bundle = SpiffeJson.read(trustDomain, request.getBundle().toByteArray());
            addresses = request.getAddressesList().stream().limit(16).map(HostPort::parse).toList();
        } catch (IllegalArgumentException e) {
            throw new LinkException(LinkException.Cause.INVALID_REQUEST, String.valueOf(e.getMessage()));
        }
        if (request.getCluster().equals(own.cluster()) || trustDomain.equals(own.trustDomain())) {
            throw ownMesh();
        }
        Optional<MeshLink> present = of(request.getCluster());
        boolean repeated = present.isPresent()
                && trustDomain(present.get()).equals(trustDomain)
                && bundle.equals(bundles.get(request.getCluster()));
        if (!repeated) {
            requireNew(request.getCluster(), trustDomain);
        }
        secrets.consume(request.getSecret(),
                new LinkSecrets.Presenter(request.getCluster(), trustDomain.name(), SpiffeJson.digest(bundle)));
        if (repeated) {
            return present.get();
        }
        MeshLink link = link(request.getCluster(), trustDomain, addresses, false);
        save(link, bundle);
        audit.record("cluster " + link.peer() + " by token", "linked", "MeshLink " + link.peer());
        changed();
        return link;
    }

    /** The peer has taken the secret; it is of no more use. */
    synchronized void joined(String peer) {
        if (joining.end(peer)) {
            changed();
        }
    }

    /** Ends secrets that no peer has taken in time; their links say so. To be called every now and then. */
    public synchronized void expire() {
        takeOver();
        for (String peer : joining.expired()) {
            joining.end(peer);
            counters.increment("link_secret_expired");
            audit.record("control plane", "expired", "token of MeshLink " + peer);
            of(peer).ifPresent(this::fail);
            changed();
        }
    }

    private void fail(MeshLink link) {
        String reason = "the token expired before " + link.peer() + " took it; `meshctl link remove " + link.peer()
                + "`, then make a new one there with `meshctl link create`";
        try {
            write(new Change.Put(link.withStatus(
                    new MeshLink.Status(MeshLink.Phase.FAILED, reason, Optional.empty(), ""))));
        } catch (IOException e) {
            counters.increment("link_status_not_stored");
            LOG.log(System.Logger.Level.WARNING, "{0}: {1} (not stored: {2})", link.key(), reason, e.getMessage());
        }
    }

    /** A peer's gateway has told a new bundle. Refused ones are counted. */
    synchronized void bundleUpdate(BundleUpdate update) {
        Optional<MeshLink> link = of(update.getPeer());
        if (link.isEmpty() || !trustDomain(link.get()).name().equals(update.getTrustDomain())) {
            counters.increment("bundle_update_of_unlinked_peer");
            return;
        }
        try {
            TrustBundle bundle = SpiffeJson.read(trustDomain(link.get()), update.getBundle().toByteArray());
            if (bundle.authorities().isEmpty()) {
                counters.increment("bundle_update_empty");
                return;
            }
            if (!bundle.equals(bundles.get(update.getPeer()))) {
                files.putBundle(update.getPeer(), bundle);
                bundles.put(update.getPeer(), bundle);
                trust.put(bundle);
                audit.record("gateway", "updated", "bundle of " + update.getTrustDomain());
                changed();
            }
        } catch (IllegalArgumentException e) {
            counters.increment("bundle_update_invalid");
        } catch (IOException e) {
            counters.increment("bundle_update_not_stored");
            LOG.log(System.Logger.Level.WARNING, "the new bundle of {0} is not in use: {1}", update.getTrustDomain(),
                    e.getMessage());
        }
    }

    /**
     * A peer's gateways are dialled elsewhere. What does not work yet is tried after what the link has; what works takes
     * its place.
     */
    synchronized void addressUpdate(AddressUpdate update) {
        Optional<MeshLink> link = of(update.getPeer());
        if (link.isEmpty()) {
            counters.increment("address_update_of_unlinked_peer");
            return;
        }
        MeshLink.Spec spec = link.get().spec();
        try {
            List<String> next = PeerPlaces.next(spec.addresses(), update.getAddressesList(), update.getWorking());
            if (next.equals(spec.addresses())) {
                return;
            }
            // For no certain version: a status may be written at the same time.
            write(new Change.Put(new MeshLink(link.get().metadata().withResourceVersion(""),
                    new MeshLink.Spec(spec.trustDomain(), next, spec.dialer(), spec.staleGrace()), link.get().status())));
            audit.record("gateway", "updated", "addresses of MeshLink " + update.getPeer());
            changed();
        } catch (IllegalArgumentException e) {
            counters.increment("address_update_invalid");
        } catch (IOException | IllegalStateException e) {
            // The gateway says it again.
            counters.increment("address_update_not_stored");
            LOG.log(System.Logger.Level.WARNING, "the new addresses of {0} are not in use yet: {1}", update.getPeer(),
                    e.getMessage());
        }
    }

    /** Ends a link: the peer is not trusted any more and its services are forgotten. */
    public synchronized void remove(String peer, String actor) throws LinkException, IOException {
        MeshLink link = of(peer).orElseThrow(() -> notLinked(peer));
        TrustDomain trustDomain = trustDomain(link);
        files.noteRemoval(trustDomain);
        write(new Change.Remove(link.key()));
        removed.add(trustDomain);
        bundles.remove(peer);
        joining.end(peer);
        forgetFiles(peer);
        trust.remove(trustDomain);
        audit.record(actor, "unlinked", "MeshLink " + peer);
        onRemove.forEach(l -> l.accept(peer));
        changed();
    }

    /** The link has ended by now, whatever becomes of its files; what is left of them is removed at the next start. */
    private void forgetFiles(String peer) {
        try {
            files.forget(peer);
        } catch (IOException e) {
            counters.increment("link_files_not_removed");
            LOG.log(System.Logger.Level.WARNING, "files of the ended link to {0} are left: {1}", peer, e.getMessage());
        }
    }

    private void removedFromTrustBridge(TrustDomain trustDomain) {
        try {
            synchronized (this) {
                files.forgetRemoval(trustDomain);
                removed.remove(trustDomain);
            }
        } catch (IOException e) {
            counters.increment("link_removal_note_not_removed");
        }
    }

    private void save(MeshLink link, TrustBundle bundle) throws IOException {
        try {
            files.putBundle(link.peer(), bundle);
            bundles.put(link.peer(), bundle);
            write(new Change.Put(link));
        } catch (IOException e) {
            bundles.remove(link.peer());
            joining.end(link.peer());
            forgetFiles(link.peer());
            throw e;
        }
        if (removed.remove(bundle.trustDomain())) {
            files.forgetRemoval(bundle.trustDomain());
        }
        trust.put(bundle);
    }

    private void write(Change change) throws IOException {
        try {
            store.write(List.of(change));
        } catch (ConflictException e) {
            throw new IllegalStateException("a link is written without asking for a version", e);
        }
    }

    private MeshLink link(String peer, TrustDomain trustDomain, List<HostPort> addresses, boolean dialer) {
        return new MeshLink(
                Metadata.of(peer, ""),
                new MeshLink.Spec(
                        trustDomain.name(), addresses.stream().map(HostPort::toString).toList(), dialer, Duration.ofMinutes(10)),
                new MeshLink.Status(MeshLink.Phase.PENDING, "", Optional.empty(), ""));
    }

    private void requireNew(String peer, TrustDomain trustDomain) throws LinkException {
        if (of(peer).isPresent()) {
            throw alreadyLinked(peer);
        }
        Map<TrustDomain, String> linked = new HashMap<>();
        all().forEach(l -> linked.put(trustDomain(l), l.peer()));
        String other = linked.get(trustDomain);
        if (other != null) {
            throw new LinkException(LinkException.Cause.ALREADY_LINKED, "trust domain " + trustDomain
                    + " is linked already, as cluster " + other + "; clusters of one fleet need different trust domains");
        }
    }

    private LinkException ownMesh() {
        return new LinkException(LinkException.Cause.OWN_MESH, "the token is for a link to cluster " + own.cluster()
                + ", trust domain " + own.trustDomain() + ", which is this mesh itself; use it in the other cluster");
    }

    private static LinkException alreadyLinked(String peer) {
        return new LinkException(LinkException.Cause.ALREADY_LINKED, "cluster " + peer
                + " is linked already; see `meshctl link list`, or end that link with `meshctl link remove " + peer + "`");
    }

    private LinkException notLinked(String peer) {
        String known = all().stream().map(MeshLink::peer).collect(Collectors.joining(", "));
        return new LinkException(LinkException.Cause.NOT_LINKED, "there is no link to \"" + peer + "\"; "
                + (known.isEmpty() ? "there are no links" : "linked: " + known));
    }

    private void changed() {
        onChange.forEach(Runnable::run);
    }

    static TrustDomain trustDomain(MeshLink link) {
        return new TrustDomain(link.spec().trustDomain());
    }

    private static ResourceKey key(String peer) {
        return new ResourceKey(Kinds.MESH_LINK.name(), "", peer);
    }
}
