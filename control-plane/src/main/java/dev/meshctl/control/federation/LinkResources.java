package dev.meshctl.control.federation;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.resource.Kinds;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.ConflictException;
import dev.meshctl.control.store.ResourceStore;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** The links as they are stored, each named after its peer's cluster, and who is told of their changes. */
final class LinkResources {
    private final ResourceStore store;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    LinkResources(ResourceStore store) {
        this.store = store;
    }

    List<MeshLink> all() {
        return store.all(MeshLink.class);
    }

    Optional<MeshLink> of(String peer) {
        return store.get(MeshLink.class, key(peer));
    }

    /** @throws LinkException if there is no link to this peer; it names those that there are */
    MeshLink require(String peer) throws LinkException {
        Optional<MeshLink> link = of(peer);
        if (link.isEmpty()) {
            String known = all().stream().map(MeshLink::peer).collect(Collectors.joining(", "));
            throw new LinkException(LinkException.Cause.NOT_LINKED, "there is no link to \"" + peer + "\"; "
                    + (known.isEmpty() ? "there are no links" : "linked: " + known));
        }
        return link.get();
    }

    /** @throws LinkException if the cluster or its trust domain is linked already */
    void requireNew(String peer, TrustDomain trustDomain) throws LinkException {
        if (of(peer).isPresent()) {
            throw alreadyLinked(peer);
        }
        Optional<String> other = all().stream().filter(link -> trustDomain(link).equals(trustDomain))
                .map(MeshLink::peer).findFirst();
        if (other.isPresent()) {
            throw new LinkException(LinkException.Cause.ALREADY_LINKED, "trust domain " + trustDomain
                    + " is linked already, as cluster " + other.get() + "; clusters of one fleet need different trust domains");
        }
    }

    static LinkException alreadyLinked(String peer) {
        return new LinkException(LinkException.Cause.ALREADY_LINKED, "cluster " + peer
                + " is linked already; see `meshctl link list`, or end that link with `meshctl link remove " + peer + "`");
    }

    /** Stored when this returns. */
    void put(MeshLink link) throws IOException {
        write(new Change.Put(link));
    }

    void remove(MeshLink link) throws IOException {
        write(new Change.Remove(link.key()));
    }

    private void write(Change change) throws IOException {
        try {
            store.write(List.of(change));
        } catch (ConflictException e) {
            throw new IOException(change.key() + " is being changed by others again and again; try again", e);
        }
    }

    /** Adds who is told of each change, on the changing thread. */
    void listen(Runnable listener) {
        listeners.add(listener);
    }

    void changed() {
        listeners.forEach(Runnable::run);
    }

    static TrustDomain trustDomain(MeshLink link) {
        return new TrustDomain(link.spec().trustDomain());
    }

    private static ResourceKey key(String peer) {
        return new ResourceKey(Kinds.MESH_LINK.name(), "", peer);
    }
}
