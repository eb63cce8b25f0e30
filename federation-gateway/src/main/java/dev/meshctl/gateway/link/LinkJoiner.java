package dev.meshctl.gateway.link;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.api.proto.peering.JoinLinkRequest;
import dev.meshctl.api.proto.peering.JoinLinkResponse;
import dev.meshctl.api.proto.peering.LinkHandshakeGrpc;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The side of a link that was given the token: checks the peer's gateway by the bundle of the token, then
 * presents the secret, the own bundle and the own addresses.
 */
public final class LinkJoiner {
    /** Longer than the peer waits for its control plane. */
    private static final int DEADLINE_SECONDS = 13;

    private final String cluster;
    private final TrustDomain trustDomain;
    private final Supplier<List<String>> addresses;
    private final BundleSource bundles;
    private final JoinMarks marks;

    /**
     * @param addresses of this gateway, as other clusters reach it
     * @param bundles hold the own bundle, and that of the token for its trust domain
     * @param directory where it is noted which secrets were taken
     * @throws IOException if the directory cannot be made
     */
    public LinkJoiner(String cluster, TrustDomain trustDomain, Supplier<List<String>> addresses,
            BundleSource bundles, Path directory) throws IOException {
        this.cluster = cluster;
        this.trustDomain = trustDomain;
        this.addresses = addresses;
        this.bundles = bundles;
        this.marks = new JoinMarks(directory);
    }

    /** The link is removed: a later one with the same peer starts anew. */
    public void forget(String peer) {
        marks.forget(peer);
    }

    /** Presents the secret to the first address that answers. Blocks for up to 13 s for each address. */
    public JoinOutcome join(Link link) {
        if (marks.isTaken(link)) {
            return new JoinOutcome.Joined();
        }
        JoinOutcome outcome = new JoinOutcome.NotNow("the token has no address of a gateway of " + link.getPeer());
        for (String text : link.getAddressesList()) {
            try {
                outcome = join(link, HostPort.parse(text));
            } catch (IllegalArgumentException e) {
                outcome = new JoinOutcome.NotNow("the token has an address that cannot be used: " + e.getMessage());
            }
            if (outcome instanceof JoinOutcome.Joined || outcome instanceof JoinOutcome.Refused) {
                return outcome;
            }
        }
        return outcome;
    }

    private JoinOutcome join(Link link, HostPort address) {
        TrustDomain peerDomain = new TrustDomain(link.getTrustDomain());
        SpiffeId expected = SpiffeId.of(peerDomain, SystemIdentity.FEDERATION_GATEWAY);
        ManagedChannel channel =
                MeshChannel.builder(address, null, bundles, expected::equals, "link." + peerDomain).build();
        try {
            JoinLinkResponse response = LinkHandshakeGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS).join(request(link));
            if (!response.getCluster().equals(link.getPeer())
                    || !response.getTrustDomain().equals(link.getTrustDomain())) {
                return new JoinOutcome.Refused("the token is for " + link.getPeer() + " (" + peerDomain + "), but "
                        + address + " is of another mesh");
            }
            marks.taken(link);
            return new JoinOutcome.Joined();
        } catch (StatusRuntimeException e) {
            return failed(link, address, e.getStatus());
        } finally {
            channel.shutdownNow();
        }
    }

    private JoinLinkRequest request(Link link) {
        ByteString own = bundles.current().of(trustDomain)
                .map(bundle -> ByteString.copyFrom(SpiffeJson.write(bundle))).orElse(ByteString.EMPTY);
        return JoinLinkRequest.newBuilder().setSecret(link.getJoinSecret()).setCluster(cluster)
                .setTrustDomain(trustDomain.name()).setBundle(own).addAllAddresses(addresses.get()).build();
    }

    private static JoinOutcome failed(Link link, HostPort address, Status status) {
        String description = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return switch (status.getCode()) {
            case PERMISSION_DENIED, INVALID_ARGUMENT, FAILED_PRECONDITION ->
                    new JoinOutcome.Refused(link.getPeer() + " refused the token: " + description);
            default -> isTlsFailure(status.getCause())
                    ? new JoinOutcome.NotTrusted("the gateway at " + address + " is not that of the token: "
                            + rootMessage(status) + "; create a new token with `meshctl link create` on "
                            + link.getPeer())
                    : new JoinOutcome.NotNow("cannot present the token at " + address + ": " + description
                            + (status.getCause() == null ? "" : " (" + rootMessage(status) + ")"));
        };
    }

    private static boolean isTlsFailure(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException || cause instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    private static String rootMessage(Status status) {
        Throwable root = status.getCause();
        while (root != null && root.getCause() != null) {
            root = root.getCause();
        }
        return root == null ? status.getCode().name() : String.valueOf(root.getMessage());
    }
}
