package dev.meshctl.trust.server;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.ProcessDescription;
import dev.meshctl.runtime.grpc.MeshServer;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.trust.attest.Attestor;
import dev.meshctl.trust.attest.FailureLimit;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.bundle.BundleKeeper;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.netty.handler.ssl.ClientAuth;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The gRPC servers of a trust bridge: one on the network, one on the owner's Unix socket. */
public final class TrustServers implements AutoCloseable {
    /** What the servers serve. */
    public record Parts(
            TrustDomain own, CertificateAuthority authority, Attestor attestor, BundleKeeper bundles,
            SvidSource identity, Duration ttl, Counters refusals, ProcessDescription process, InstantSource clock) {}

    private static final System.Logger LOG = System.getLogger(TrustServers.class.getName());

    private final Server network;
    private final AdminSocket socket;
    private final HostPort address;
    private final TrustMetrics metrics;

    /**
     * Starts both.
     *
     * @throws IOException if an address cannot be bound; the message names it
     */
    public TrustServers(InetSocketAddress bind, Path adminSocket, Parts parts) throws IOException {
        TrustDomain own = parts.own();
        Answers answers = new Answers(parts.refusals());
        Issuance issuance = new Issuance(parts.authority(), parts.bundles(), parts.ttl());
        StatusReport status = new StatusReport(
                own, parts.authority(), parts.bundles(), issuance, parts.refusals(),
                parts.process(), parts.clock().instant());
        metrics = new TrustMetrics(status);
        AdminService admin = new AdminService(own, parts.attestor(), parts.bundles(), status, answers);
        SigningService signing = new SigningService(
                own, parts.attestor(), issuance, parts.bundles(), new FailureLimit(parts.clock()), answers);
        // Only identities of the own mesh have business here, so linked bundles are no part of the handshake.
        Bundles ownOnly = new Bundles(Map.of(own, parts.authority().bundle()));
        network = MeshServer.builder(bind, parts.identity(), () -> ownOnly, ClientAuth.OPTIONAL, parts.refusals())
                .addService(ServerInterceptors.intercept(signing, new CallSource()))
                .addService(ServerInterceptors.intercept(admin, new AdminAccess(own)))
                .build();
        socket = new AdminSocket(adminSocket, admin.bindService());
        try {
            network.start();
        } catch (IOException e) {
            socket.close();
            throw new IOException("signing address " + HostPort.of(bind) + ": " + e.getMessage(), e);
        }
        address = new HostPort(HostPort.of(bind).host(), network.getPort());
    }

    /** Where the signing API listens. */
    public HostPort address() {
        return address;
    }

    /** The status as Prometheus text. */
    public Supplier<String> metrics() {
        return metrics;
    }

    /** The owner's socket. */
    public Path adminSocket() {
        return socket.path();
    }

    /** Waits 2 s for open calls, and as long again for what is cut; the address is free for another one then. */
    @Override
    public void close() throws IOException {
        network.shutdown();
        socket.close();
        try {
            if (!network.awaitTermination(2, TimeUnit.SECONDS)
                    && !network.shutdownNow().awaitTermination(2, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "{0} is not free yet", address);
            }
        } catch (InterruptedException e) {
            network.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
