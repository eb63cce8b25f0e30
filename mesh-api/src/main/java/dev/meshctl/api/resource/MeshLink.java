package dev.meshctl.api.resource;

import dev.meshctl.api.identity.TrustDomain;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * The relation of this mesh to another one, named after the peer's cluster. Holds no secret: a token's
 * secret and the bundles are kept apart.
 */
public record MeshLink(Metadata metadata, Spec spec, @Default("{}") Status status) implements Resource {
    public MeshLink {
        Check.label(metadata.name(), "metadata.name");
    }

    /**
     * Who the peer is.
     *
     * @param addresses {@code host:port} of the peer's gateways, at most 16; empty on the side that waits to be dialled
     * @param dialer true if this side opens the peering connection
     * @param staleGrace how long imports of a peer that is away are kept; 10 min unless set
     */
    public record Spec(
            String trustDomain,
            List<String> addresses,
            @Default("false") boolean dialer,
            @Default("10m") Duration staleGrace) {
        public Spec {
            addresses = List.copyOf(addresses);
            new TrustDomain(trustDomain);
            Check.items(addresses, 0, 16, "addresses");
            Check.duration(staleGrace, Duration.ZERO, "staleGrace");
        }
    }

    public enum Phase {
        PENDING,
        JOINING,
        ACTIVE,
        STALE,
        FAILED
    }

    /**
     * How the link is now.
     *
     * @param peerVersion that the peer's mesh has said last; empty if it is not known
     */
    public record Status(
            @Default("Pending") Phase phase,
            @Default("") String reason,
            Optional<Instant> lastSeen,
            @Default("") String bundleDigest,
            @Default("") String peerVersion) {
        /** Of a link that was just made. */
        public static final Status PENDING = new Status(Phase.PENDING, "", Optional.empty(), "", "");

        /** Of a link that did not come to be, or is not any more. */
        public static Status failed(String reason, String bundleDigest) {
            return new Status(Phase.FAILED, reason, Optional.empty(), bundleDigest, "");
        }
    }

    /** The peer's cluster. */
    public String peer() {
        return metadata.name();
    }

    public MeshLink withStatus(Status other) {
        return new MeshLink(metadata, spec, other);
    }

    @Override
    public MeshLink withMetadata(Metadata other) {
        return new MeshLink(other, spec, status);
    }
}
