package dev.meshctl.cli.link;

import dev.meshctl.api.proto.admin.AcceptLinkRequest;
import dev.meshctl.api.proto.admin.AcceptLinkResponse;
import dev.meshctl.api.proto.admin.CreateLinkTokenRequest;
import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.api.proto.admin.LinkView;
import dev.meshctl.api.proto.admin.RemoveLinkRequest;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.ExitCode;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.ControlPlane;
import dev.meshctl.cli.fleet.Cluster;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Links meshes, by one-time tokens. */
public final class Linker {
    private static final long POLL_MS = 100;

    private static final Duration GATEWAY_WAIT = Duration.ofSeconds(15);

    private final Connections connections;

    public Linker(Connections connections) {
        this.connections = connections;
    }

    /**
     * A token that links whoever presents it, once.
     *
     * @param forCluster empty for anybody
     */
    public CreateLinkTokenResponse create(Cluster cluster, Duration ttl, String forCluster)
            throws InterruptedException {
        ControlPlane plane = new ControlPlane(connections, cluster);
        CreateLinkTokenRequest request = CreateLinkTokenRequest.newBuilder()
                .setTtlSeconds((int) ttl.toSeconds()).setForCluster(forCluster).build();
        try {
            return create(plane, request);
        } catch (CliError e) {
            if (!(e.getCause() instanceof StatusRuntimeException failure)
                    || failure.getStatus().getCode() != Status.Code.FAILED_PRECONDITION) {
                throw e;
            }
            // Just after a start the gateway may not have said yet where it listens.
            plane.awaitGateway(GATEWAY_WAIT);
            return create(plane, request);
        }
    }

    private static CreateLinkTokenResponse create(ControlPlane plane, CreateLinkTokenRequest request) {
        return plane.call("cannot create a link token", admin -> admin.createLinkToken(request));
    }

    /** Accepts a token on this side; with {@code dryRun} only checks it. */
    public AcceptLinkResponse accept(Cluster cluster, String token, boolean dryRun) {
        try {
            return new ControlPlane(connections, cluster).call("cannot accept the link token",
                    admin -> admin.acceptLink(AcceptLinkRequest.newBuilder().setToken(token).setDryRun(dryRun).build()));
        } catch (CliError e) {
            throw e.next().isEmpty() ? withNext(e, cluster) : e;
        }
    }

    private static CliError withNext(CliError error, Cluster cluster) {
        if (!(error.getCause() instanceof StatusRuntimeException failure)) {
            return error;
        }
        return switch (failure.getStatus().getCode()) {
            case INVALID_ARGUMENT -> error.exit(ExitCode.USAGE)
                    .next("copy the whole token, or ask the other side for a new one: meshctl link create");
            case ALREADY_EXISTS -> error.next("meshctl link list --cluster " + cluster.name());
            case FAILED_PRECONDITION -> error.why().contains("this mesh itself")
                    ? error.next("in the other cluster: meshctl link accept TOKEN --cluster NAME")
                    : error.next("ask the other side for a new one: meshctl link create");
            default -> error;
        };
    }

    /** Waits until the side's link with the peer is active. */
    public LinkView awaitActive(Cluster cluster, String peer, Duration timeout, Consumer<String> seen)
            throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        String last = "no link yet";
        while (System.nanoTime() < deadline) {
            Optional<LinkView> link = find(cluster, peer);
            if (link.isPresent()) {
                LinkView view = link.get();
                if (view.getPhase().equals("Active")) {
                    return view;
                }
                if (view.getPhase().equals("Failed")) {
                    // What was refused must not stay as a link that waits to be removed.
                    remove(cluster, peer);
                    throw CliError.failed("the link with " + peer + " failed, and nothing of it is left")
                            .at("cluster " + cluster.name()).because(view.getReason())
                            .next("ask the other side for a new token: meshctl link create");
                }
                last = view.getPhase() + (view.getReason().isEmpty() ? "" : ": " + view.getReason());
            }
            seen.accept(cluster.name() + " " + last);
            Thread.sleep(POLL_MS);
        }
        throw CliError.failed("the link with " + peer + " is not active after " + timeout.toSeconds() + " s")
                .at("cluster " + cluster.name()).because(last).next("meshctl link list --cluster " + cluster.name());
    }

    public Optional<LinkView> find(Cluster cluster, String peer) {
        return new ControlPlane(connections, cluster).links().stream()
                .filter(link -> link.getPeer().equals(peer)).findFirst();
    }

    public void remove(Cluster cluster, String peer) {
        new ControlPlane(connections, cluster).call("cannot remove the link with " + peer,
                admin -> admin.removeLink(RemoveLinkRequest.newBuilder().setPeer(peer).build()));
    }
}
