package dev.meshctl.control.federation;

import com.google.protobuf.ByteString;
import dev.meshctl.api.proto.admin.GatewayView;
import dev.meshctl.api.proto.control.GatewayControlGrpc;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.LinkStatus;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.version.SemanticVersion;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.WriteRefused;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The sessions of the own gateways: down goes the whole state after each change, up come imports, the state
 * of links, join requests and bundles. The caller's identity has been checked.
 */
public final class GatewaySessions extends GatewayControlGrpc.GatewayControlImplBase {
    private static final System.Logger LOG = System.getLogger(GatewaySessions.class.getName());
    private static final int MAX_SESSIONS = 16;
    private static final int MAX_UNLINKED = 1000;

    private final Links.Mesh own;
    private final Links links;
    private final ImportRegistry imports;
    private final GatewayAddresses addresses;
    private final Supplier<Collection<LocalExport>> exports;
    private final Supplier<Optional<TrustBundle>> ownBundle;
    private final Runnable onAddresses;
    private final InstantSource clock;
    private final Counters counters;
    private final Set<GatewaySession> sessions = ConcurrentHashMap.newKeySet();
    private final Map<String, LinkStatus> statuses = new ConcurrentHashMap<>();
    /** Peers that gateways have told of while this replica knew no link to them. */
    private final Set<String> unlinked = ConcurrentHashMap.newKeySet();
    private volatile boolean due;
    private long lastVersion;

    /** @param onAddresses called when the own gateway listens elsewhere than before */
    public GatewaySessions(
            Links.Mesh own,
            Links links,
            ImportRegistry imports,
            GatewayAddresses addresses,
            Supplier<Collection<LocalExport>> exports,
            Supplier<Optional<TrustBundle>> ownBundle,
            Runnable onAddresses,
            InstantSource clock,
            Counters counters) {
        this.own = own;
        this.links = links;
        this.imports = imports;
        this.addresses = addresses;
        this.exports = exports;
        this.ownBundle = ownBundle;
        this.onAddresses = onAddresses;
        this.clock = clock;
        this.counters = counters;
        links.listen(this::push);
        links.listenToRemovals(statuses::remove);
    }

    /** Sends the current state to all gateways. */
    public void push() {
        if (unlinked.removeIf(peer -> links.of(peer).isPresent())) {
            // What was told of them was not taken, and a gateway says nothing twice but to a new session.
            counters.increment("gateway_sessions_begun_anew");
            sessions.forEach(s -> s.fail(Status.UNAVAILABLE.withDescription("there are links by now that were not known before")));
        }
        if (sessions.isEmpty()) {
            return;
        }
        due = false;
        try {
            GatewayDown state = GatewayDown.newBuilder().setState(state()).build();
            sessions.forEach(s -> s.state(state));
        } catch (RuntimeException e) {
            due = true;
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        counters.increment("gateway_state_failed");
        LOG.log(System.Logger.Level.ERROR, "gateways could not be told the state; trying again", e);
    }

    /**
     * Makes up for what could not be told, and ends sessions that began just when this replica ceased to lead. To be called
     * every second or so.
     */
    public void look(boolean leads) {
        if (!leads) {
            sessions.forEach(s -> s.fail(Status.UNAVAILABLE.withDescription("another replica of the control plane leads now")));
        } else if (due) {
            push();
        }
    }

    public boolean connected() {
        return !sessions.isEmpty();
    }

    /** The gateways that have a session now and have said who they are, by their nodes. */
    public List<GatewayView> gateways() {
        return sessions.stream().flatMap(session -> session.gateway().stream())
                .sorted(Comparator.comparing(GatewayView::getNode)).toList();
    }

    /** What the gateway said last of the link to a peer. */
    public Optional<LinkStatus> status(String peer) {
        return Optional.ofNullable(statuses.get(peer));
    }

    /** Ends all sessions. */
    public void close() {
        sessions.forEach(s -> s.fail(Status.UNAVAILABLE.withDescription("control plane is stopping")));
    }

    private synchronized GatewayState state() {
        lastVersion = Math.max(lastVersion + 1, clock.millis());
        GatewayState.Builder state = GatewayState.newBuilder()
                .setVersion(lastVersion)
                .setCluster(own.cluster())
                .setTrustDomain(own.trustDomain().name())
                .addAllExports(exports.get());
        ownBundle.get().ifPresent(b -> state.setOwnBundle(ByteString.copyFrom(SpiffeJson.write(b))));
        addresses.told().forEach(a -> state.addAddresses(a.toString()));
        links.all().forEach(l -> state.addLinks(link(l)));
        return state.build();
    }

    private Link link(MeshLink link) {
        Link.Builder message = Link.newBuilder()
                .setPeer(link.peer())
                .setTrustDomain(link.spec().trustDomain())
                .addAllAddresses(link.spec().addresses())
                .setDialer(link.spec().dialer())
                .setStaleGraceSeconds((int) link.spec().staleGrace().toSeconds());
        links.bundleOf(link.peer()).ifPresent(b -> message.setBundle(ByteString.copyFrom(SpiffeJson.write(b))));
        links.joinSecret(link.peer()).ifPresent(message::setJoinSecret);
        return message.build();
    }

    @Override
    public StreamObserver<GatewayUp> session(StreamObserver<GatewayDown> down) {
        GatewaySession session = new GatewaySession((ServerCallStreamObserver<GatewayDown>) down, sessions::remove);
        if (sessions.size() >= MAX_SESSIONS) {
            counters.increment("gateway_sessions_over_limit");
            session.fail(Status.RESOURCE_EXHAUSTED.withDescription("more than " + MAX_SESSIONS + " gateways"));
            return session.incoming(up -> { });
        }
        sessions.add(session);
        try {
            session.state(GatewayDown.newBuilder().setState(state()).build());
        } catch (RuntimeException e) {
            failed(e);
            session.fail(Status.INTERNAL.withDescription("the control plane failed; its log says why"));
        }
        return session.incoming(up -> receive(session, up));
    }

    private void receive(GatewaySession session, GatewayUp up) {
        switch (up.getMessageCase()) {
            case HELLO -> {
                session.introduced(up.getHello());
                if (addresses.update(up.getHello().getAddressesList())) {
                    onAddresses.run();
                }
            }
            case LINK_STATUS -> told(up.getLinkStatus().getPeer(), () -> status(up.getLinkStatus()));
            case IMPORTS -> told(up.getImports().getPeer(), () -> imports.update(up.getImports()));
            case JOIN_REQUEST -> session.send(GatewayDown.newBuilder().setJoinDecision(decide(up.getJoinRequest())).build());
            case BUNDLE_UPDATE -> told(up.getBundleUpdate().getPeer(), () -> links.bundleUpdate(up.getBundleUpdate()));
            case ADDRESS_UPDATE -> links.addressUpdate(up.getAddressUpdate());
            case MESSAGE_NOT_SET -> counters.increment("gateway_message_unknown");
        }
    }

    /** A replica that has just begun to lead may hear of a peer before its watch has told of the link. */
    private void told(String peer, Runnable take) {
        boolean known = links.of(peer).isPresent();
        take.run();
        if (!known && unlinked.size() < MAX_UNLINKED) {
            unlinked.add(peer);
            if (links.of(peer).isPresent()) {
                push();
            }
        }
    }

    private void status(LinkStatus status) {
        if (links.of(status.getPeer()).isEmpty()) {
            counters.increment("status_of_unlinked_peer");
            return;
        }
        statuses.put(status.getPeer(), checked(status));
        if (status.getPhase().equals("Active") || status.getPhase().equals("Stale")) {
            links.joined(status.getPeer());
        }
    }

    /** What a peer says of itself comes from elsewhere: it is a version, or unknown. */
    private LinkStatus checked(LinkStatus status) {
        String version = status.getPeerVersion();
        if (version.isEmpty() || SemanticVersion.parse(version).isPresent()) {
            return status;
        }
        counters.increment("peer_version_invalid");
        return status.toBuilder().clearPeerVersion().build();
    }

    private JoinDecision decide(JoinRequest request) {
        JoinDecision.Builder decision = JoinDecision.newBuilder().setId(request.getId());
        Optional<TrustBundle> bundle = ownBundle.get();
        if (bundle.isEmpty()) {
            counters.increment("join_refused_no_own_bundle");
            return decision.setReason("the bundle of trust domain " + own.trustDomain() + " is not known yet; try again")
                    .setTryAgain(true).build();
        }
        try {
            links.join(request);
            return decision.setAccepted(true)
                    .setCluster(own.cluster())
                    .setTrustDomain(own.trustDomain().name())
                    .setBundle(ByteString.copyFrom(SpiffeJson.write(bundle.get())))
                    .build();
        } catch (LinkException e) {
            counters.increment("join_refused_" + e.why().name().toLowerCase(Locale.ROOT));
            return decision.setReason(String.valueOf(e.getMessage())).build();
        } catch (IOException e) {
            counters.increment("join_not_stored");
            LOG.log(System.Logger.Level.WARNING, "a link could not be stored: {0}", e.getMessage());
            return decision.setReason("the link could not be stored: " + e.getMessage()).setTryAgain(!(e instanceof WriteRefused)).build();
        }
    }

    /** All links with what is known of them now, in the order of their names. */
    public List<MeshLink> links() {
        return links.all().stream().map(l -> LinkStates.merge(l, status(l.peer()), links.bundleOf(l.peer()))).toList();
    }
}
