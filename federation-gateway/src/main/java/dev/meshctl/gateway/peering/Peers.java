package dev.meshctl.gateway.peering;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.DnsLabel;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.gateway.link.LinkJoiner;
import dev.meshctl.gateway.state.ImportSource;
import dev.meshctl.gateway.state.ImportStore;
import dev.meshctl.gateway.state.Uplink;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.SvidSource;
import io.grpc.BindableService;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All links of this gateway, as the control plane wants them. */
public final class Peers implements ImportSource, AutoCloseable {
    /** Of one peering message, in bytes; a hello that lists the versions of 10,000 services fits. */
    public static final int MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

    private static final Logger LOG = System.getLogger(Peers.class.getName());
    private static final int MAX_LINKS = 1000;

    private final PeerContext context;
    private final Tools tools;
    private final Map<String, Entry> entries = new HashMap<>();
    private volatile ExportSet exports = ExportSet.NONE;
    private volatile Map<TrustDomain, PeerLink> byDomain = Map.of();
    private @Nullable GatewayState applied;
    private List<String> said = List.of();

    private record Entry(PeerLink link, PeerAddresses addresses, @Nullable Dialer dialer) {}

    /**
     * What links work with.
     *
     * @param backoff makes one for each link that dials
     */
    public record Tools(SvidSource svid, LinkBundles bundles, LinkJoiner joiner, ImportStore store,
            Supplier<Backoff> backoff, InstantSource clock, Counters counters) {}

    /**
     * @param version of this gateway; empty if it is not known
     * @param addresses where other clusters dial this gateway now
     * @param uplink told of every change of a link
     */
    public Peers(String cluster, TrustDomain trustDomain, String version, Supplier<List<String>> addresses, Tools tools,
            Uplink uplink) {
        this.tools = tools;
        this.context = new PeerContext(cluster, trustDomain, version, UUID.randomUUID().toString(), () -> exports, addresses,
                tools.bundles(), uplink, tools.clock(), tools.counters());
    }

    /** The server side of peering; who calls it has to be checked with {@link #mayPeer}. */
    public BindableService service() {
        return new PeeringService(this, tools.counters());
    }

    /** True for the federation gateway of a linked trust domain, and nobody else. */
    public boolean mayPeer(SpiffeId caller) {
        return caller.is(SystemIdentity.FEDERATION_GATEWAY) && byDomain.containsKey(caller.trustDomain());
    }

    Optional<PeerLink> of(TrustDomain domain) {
        return Optional.ofNullable(byDomain.get(domain));
    }

    /** Takes a state over: links come, change and go; exports are told to every peer that is there. */
    public synchronized void apply(GatewayState state) {
        GatewayState before = applied;
        applied = state;
        tools.bundles().apply(state);
        ExportSet old = exports;
        exports = ExportSet.of(state);
        Map<String, Link> wanted = valid(state);
        for (Entry entry : List.copyOf(entries.values())) {
            Link link = wanted.get(entry.link.peer());
            if (link == null || !link.getTrustDomain().equals(entry.link.peerDomain().name())) {
                remove(entry.link.peer());
            }
        }
        wanted.values().forEach(this::addOrConfigure);
        Map<TrustDomain, PeerLink> domains = new HashMap<>();
        entries.values().forEach(entry -> domains.put(entry.link.peerDomain(), entry.link));
        byDomain = Map.copyOf(domains);
        Set<String> changed = exports.changedSince(old.versions());
        boolean newBundle = before != null && !before.getOwnBundle().equals(state.getOwnBundle());
        List<String> saidBefore = said;
        said = context.addresses().get();
        for (Entry entry : entries.values()) {
            entry.link.exportsChanged(changed);
            if (!said.equals(saidBefore)) {
                entry.link.addressesChanged();
            }
            if (newBundle) {
                entry.link.ownBundleChanged();
            }
        }
    }

    /** Takes over what the own trust bridge says of the own bundle, and tells every peer that is there. */
    public synchronized void heardOwnBundle(TrustBundle bundle) {
        if (bundle.trustDomain().equals(context.trustDomain()) && tools.bundles().heard(bundle)) {
            entries.values().forEach(entry -> entry.link.ownBundleChanged());
        }
    }

    private Map<String, Link> valid(GatewayState state) {
        Map<String, Link> wanted = new HashMap<>();
        Set<String> domains = new HashSet<>(Set.of(context.trustDomain().name()));
        for (Link link : state.getLinksList()) {
            String wrong = wrong(link, domains, wanted.size());
            if (wrong.isEmpty()) {
                domains.add(link.getTrustDomain());
                wanted.put(link.getPeer(), link);
            } else {
                tools.counters().increment("link_ignored");
                LOG.log(Level.WARNING, "ignored the link to \"" + link.getPeer() + "\": " + wrong);
            }
        }
        return wanted;
    }

    private String wrong(Link link, Set<String> domains, int count) {
        if (!DnsLabel.isValid(link.getPeer()) || link.getPeer().equals(context.cluster())) {
            return "its cluster name is not valid or this cluster's own";
        }
        try {
            new TrustDomain(link.getTrustDomain());
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
        if (domains.contains(link.getTrustDomain())) {
            return "its trust domain " + link.getTrustDomain() + " is this mesh's own or another link's";
        }
        return count >= MAX_LINKS ? "there are " + MAX_LINKS + " links already" : "";
    }

    private void addOrConfigure(Link config) {
        Entry known = entries.get(config.getPeer());
        PeerAddresses addresses = known == null ? addresses(config) : known.addresses;
        PeerLink link = known == null
                ? new PeerLink(context, config, tools.store().load(config.getPeer()), addresses::heard) : known.link;
        link.configure(config);
        addresses.configure(config.getAddressesList());
        boolean dials = config.getDialer() || !config.getJoinSecret().isEmpty();
        Dialer dialer = known == null ? null : known.dialer;
        if (dials && dialer == null) {
            dialer = new Dialer(link, tools.svid(), tools.bundles(), tools.joiner(), tools.backoff().get(),
                    tools.counters());
            dialer.start();
        } else if (!dials && dialer != null) {
            dialer.close();
            dialer = null;
        }
        entries.put(config.getPeer(), new Entry(link, addresses, dialer));
        if (known == null) {
            link.announce();
        }
    }

    private PeerAddresses addresses(Link config) {
        return new PeerAddresses(config.getPeer(), new TrustDomain(config.getTrustDomain()), tools.svid(), tools.bundles(),
                context.uplink(), tools.backoff().get(), tools.counters());
    }

    private void remove(String peer) {
        Entry entry = entries.remove(peer);
        if (entry != null) {
            if (entry.dialer != null) {
                entry.dialer.close();
            }
            entry.addresses.close();
            entry.link.close("the link was removed");
            tools.store().remove(peer);
            tools.joiner().forget(peer);
            context.uplink().forget(peer);
        }
    }

    /** Lets time pass; to be called a few times a second. Also writes what has changed to disk. */
    public void tick(Instant now) {
        for (Entry entry : snapshot()) {
            entry.link.tick(now);
        }
        save();
    }

    private void save() {
        for (Entry entry : snapshot()) {
            entry.link.takeUnsaved().ifPresent(kept -> tools.store().save(entry.link.peer(), kept));
        }
    }

    private synchronized List<Entry> snapshot() {
        return List.copyOf(entries.values());
    }

    /** How many links have their peer there, and how many links there are. */
    public synchronized Count count() {
        return new Count((int) entries.values().stream().filter(entry -> entry.link.isActive()).count(),
                entries.size());
    }

    /** @param active links whose peer is there */
    public record Count(int active, int total) {}

    @Override
    public synchronized Set<String> peers() {
        return Set.copyOf(entries.keySet());
    }

    @Override
    public Optional<PeerImports> imports(String peer) {
        Entry entry;
        synchronized (this) {
            entry = entries.get(peer);
        }
        return entry == null ? Optional.empty() : entry.link.imports();
    }

    /** Says goodbye to every peer and writes what is known. */
    @Override
    public void close() {
        List<Entry> all = snapshot();
        for (Entry entry : all) {
            if (entry.dialer != null) {
                entry.dialer.close();
            }
            entry.addresses.close();
            entry.link.close("the gateway stops");
        }
        save();
    }
}
