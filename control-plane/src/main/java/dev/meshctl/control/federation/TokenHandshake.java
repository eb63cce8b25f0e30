package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * How two meshes are linked: one makes a token, the other accepts it, and the gateway of that one presents it to the
 * first. Guarded by {@link Links}.
 */
final class TokenHandshake {
    private static final System.Logger LOG = System.getLogger(TokenHandshake.class.getName());
    private static final int MAX_ADDRESSES = 16;

    private final Links.Mesh own;
    private final LinkResources links;
    private final LinkSecrets secrets;
    private final JoinSecrets joining;
    private final NewLinks newLinks;
    private final PeerBundles bundles;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Counters counters;

    /** Stores a link that is new, with the bundle of its peer. */
    @FunctionalInterface
    interface NewLinks {
        void save(MeshLink link, TrustBundle bundle) throws IOException;
    }

    TokenHandshake(Links.Mesh own, LinkResources links, LinkSecrets secrets, JoinSecrets joining, PeerBundles bundles,
            NewLinks newLinks, InstantSource clock, AuditLog audit, Counters counters) {
        this.own = own;
        this.links = links;
        this.secrets = secrets;
        this.joining = joining;
        this.bundles = bundles;
        this.newLinks = newLinks;
        this.clock = clock;
        this.audit = audit;
        this.counters = counters;
    }

    LinkToken create(Duration ttl, String forCluster, Links.Gateways gateways, TrustBundle bundle, String actor)
            throws LinkException, IOException {
        if (gateways.addresses().isEmpty()) {
            throw new LinkException(LinkException.Cause.NO_GATEWAY, gateways.problem().isEmpty()
                    ? "no federation gateway of cluster " + own.cluster() + " has said where it listens; check it with `meshctl status`"
                    : "other clusters cannot dial the gateway of cluster " + own.cluster() + ": " + gateways.problem());
        }
        if (ttl.isNegative() || ttl.compareTo(LinkSecrets.MAX_TTL) > 0) {
            throw new LinkException(LinkException.Cause.INVALID_REQUEST, "a token may live 1 second to 24 hours");
        }
        requireOther(forCluster);
        LinkSecrets.Created created = secrets.create(ttl.isZero() ? LinkSecrets.DEFAULT_TTL : ttl, forCluster);
        audit.record(actor, "created", "link token until " + created.expires());
        return new LinkToken(own.cluster(), own.trustDomain(), gateways.addresses(), bundle, created.secret(), created.expires());
    }

    /** Empty, or a cluster that could be linked. */
    private void requireOther(String forCluster) throws LinkException {
        if (forCluster.isEmpty()) {
            return;
        }
        if (!DnsLabel.isValid(forCluster)) {
            throw new LinkException(LinkException.Cause.INVALID_REQUEST, "\"" + forCluster + "\" is not a cluster name");
        }
        if (forCluster.equals(own.cluster())) {
            throw ownMesh();
        }
        if (links.of(forCluster).isPresent()) {
            throw LinkResources.alreadyLinked(forCluster);
        }
    }

    LinkToken accept(String text, boolean dryRun, String actor) throws LinkException, IOException {
        LinkToken token = LinkToken.decode(text);
        if (token.cluster().equals(own.cluster()) || token.trustDomain().equals(own.trustDomain())) {
            throw ownMesh();
        }
        if (!clock.instant().isBefore(token.expires())) {
            throw new LinkException(LinkException.Cause.TOKEN_EXPIRED, "the token of cluster " + token.cluster()
                    + " expired at " + token.expires() + "; make a new one there with `meshctl link create`");
        }
        if (isAccepted(token)) {
            return token; // whoever asks did not hear the answer
        }
        links.requireNew(token.cluster(), token.trustDomain());
        if (!dryRun) {
            joining.put(token.cluster(), new JoinSecrets.Secret(token.secret(), token.expires()));
            newLinks.save(link(token.cluster(), token.trustDomain(), token.addresses(), true), token.bundle());
            audit.record(actor, "linked", "MeshLink " + token.cluster());
            links.changed();
        }
        return token;
    }

    private boolean isAccepted(LinkToken token) {
        return joining.of(token.cluster()).filter(token.secret()::equals).isPresent()
                && links.of(token.cluster()).filter(link -> LinkResources.trustDomain(link).equals(token.trustDomain())).isPresent();
    }

    MeshLink join(JoinRequest request) throws LinkException, IOException {
        Joining peer = Joining.of(request);
        if (peer.cluster().equals(own.cluster()) || peer.trustDomain().equals(own.trustDomain())) {
            throw ownMesh();
        }
        Optional<MeshLink> present = links.of(peer.cluster());
        boolean repeated = present.isPresent()
                && LinkResources.trustDomain(present.get()).equals(peer.trustDomain())
                && isRepeated(peer, request.getSecret());
        if (!repeated) {
            links.requireNew(peer.cluster(), peer.trustDomain());
        }
        secrets.consume(request.getSecret(), peer.presenter());
        if (repeated) {
            if (bundles.of(peer.cluster()).isEmpty()) {
                bundles.put(peer.cluster(), peer.bundle());
                links.changed();
            }
            return present.get();
        }
        MeshLink link = link(peer.cluster(), peer.trustDomain(), peer.addresses(), false);
        newLinks.save(link, peer.bundle());
        audit.record("cluster " + link.peer() + " by token", "linked", "MeshLink " + link.peer());
        links.changed();
        return link;
    }

    /** A replica that ended while it made the link may have taken the bundle with it: the record of the token knows which it was. */
    private boolean isRepeated(Joining peer, String secret) throws IOException {
        Optional<TrustBundle> known = bundles.of(peer.cluster());
        return known.isPresent() ? known.get().equals(peer.bundle()) : secrets.wasUsedBy(secret, peer.presenter());
    }

    /** Who presents a token, as far as it can be understood. */
    private record Joining(String cluster, TrustDomain trustDomain, TrustBundle bundle, List<HostPort> addresses) {
        LinkSecrets.Presenter presenter() {
            return new LinkSecrets.Presenter(cluster, trustDomain.name(), SpiffeJson.digest(bundle));
        }

        static Joining of(JoinRequest request) throws LinkException {
            try {
                DnsLabel.require(request.getCluster(), "cluster name");
                TrustDomain trustDomain = new TrustDomain(request.getTrustDomain());
                return new Joining(request.getCluster(), trustDomain,
                        SpiffeJson.read(trustDomain, request.getBundle().toByteArray()),
                        request.getAddressesList().stream().limit(MAX_ADDRESSES).map(HostPort::parse).toList());
            } catch (IllegalArgumentException e) {
                throw new LinkException(LinkException.Cause.INVALID_REQUEST, String.valueOf(e.getMessage()));
            }
        }
    }

    /** The peer has taken the secret; it is of no more use. */
    void taken(String peer) {
        if (joining.end(peer)) {
            links.changed();
        }
    }

    /** Ends secrets that no peer has taken in time; their links say so. */
    void expire() {
        for (String peer : joining.expired()) {
            joining.end(peer);
            counters.increment("link_secret_expired");
            audit.record("control plane", "expired", "token of MeshLink " + peer);
            links.of(peer).filter(TokenHandshake::neverJoined).ifPresent(this::fail);
            links.changed();
        }
    }

    /** A secret that was taken may be left over where its record could not be removed. */
    private static boolean neverJoined(MeshLink link) {
        return link.status().phase() == MeshLink.Phase.PENDING || link.status().phase() == MeshLink.Phase.FAILED;
    }

    private void fail(MeshLink link) {
        String reason = "the token expired before " + link.peer() + " took it; `meshctl link remove " + link.peer()
                + "`, then make a new one there with `meshctl link create`";
        try {
            links.put(link.withStatus(MeshLink.Status.failed(reason, "")));
        } catch (IOException e) {
            counters.increment("link_status_not_stored");
            LOG.log(System.Logger.Level.WARNING, "{0}: {1} (not stored: {2})", link.key(), reason, e.getMessage());
        }
    }

    private static MeshLink link(String peer, TrustDomain trustDomain, List<HostPort> addresses, boolean dialer) {
        return new MeshLink(
                Metadata.of(peer, ""),
                new MeshLink.Spec(
                        trustDomain.name(), addresses.stream().map(HostPort::toString).toList(), dialer, Duration.ofMinutes(10)),
                MeshLink.Status.PENDING);
    }

    private LinkException ownMesh() {
        return new LinkException(LinkException.Cause.OWN_MESH, "the token is for a link to cluster " + own.cluster()
                + ", trust domain " + own.trustDomain() + ", which is this mesh itself; use it in the other cluster");
    }
}
