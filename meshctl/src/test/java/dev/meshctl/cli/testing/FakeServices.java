package dev.meshctl.cli.testing;

import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustStatus;
import dev.meshctl.api.proto.trust.TrustStatusRequest;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.Services;
import dev.meshctl.cli.connect.Connections;
import dev.meshctl.cli.connect.Destination;
import dev.meshctl.cli.connect.ResourceWrites;
import dev.meshctl.cli.connect.kubernetes.ApiServerWrites;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.platform.FleetPlatform;
import dev.meshctl.cli.platform.Platform;
import dev.meshctl.cli.run.WorkloadRunner;
import dev.meshctl.runtime.bundle.TrustBundle;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** A fleet on disk whose clusters all answer with one control plane; those on Kubernetes are written to by their API servers. */
public final class FakeServices implements Services, Connections {
    private final Environment environment;
    private final Server server;
    private final ManagedChannel channel;

    public FakeServices(Environment environment, AdminGrpc.AdminImplBase controlPlane) {
        this(environment, List.of(controlPlane, new FakeTrustBridge()));
    }

    /** With other parts too. */
    public FakeServices(Environment environment, List<BindableService> parts) {
        this.environment = environment;
        String name = InProcessServerBuilder.generateName();
        try {
            InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
            parts.forEach(builder::addService);
            this.server = builder.build().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.channel = InProcessChannelBuilder.forName(name).build();
    }

    /** In the pod {@code trust-bridge-1}, of a version that differs from that of the control plane. */
    private static final class FakeTrustBridge extends TrustAdminGrpc.TrustAdminImplBase {
        @Override
        public void status(TrustStatusRequest request, StreamObserver<TrustStatus> answer) {
            answer.onNext(TrustStatus.newBuilder().setNode("trust-bridge-1").setVersion("1.4.0").build());
            answer.onCompleted();
        }
    }

    @Override
    public Connections connections() {
        return this;
    }

    @Override
    public Platform platform() {
        return new FleetPlatform(environment);
    }

    @Override
    public WorkloadRunner workloads() {
        throw new UnsupportedOperationException("no workloads here");
    }

    @Override
    public AdminGrpc.AdminBlockingStub admin(Cluster cluster) {
        return AdminGrpc.newBlockingStub(channel);
    }

    @Override
    public List<AdminGrpc.AdminBlockingStub> admins(Cluster cluster) {
        return List.of(admin(cluster));
    }

    @Override
    public TrustAdminGrpc.TrustAdminBlockingStub trust(Cluster cluster) {
        return TrustAdminGrpc.newBlockingStub(channel);
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster) {
        return ProxyAdminGrpc.newBlockingStub(channel);
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminBlockingStub proxy(Cluster cluster, Destination.InPod pod) {
        return ProxyAdminGrpc.newBlockingStub(channel);
    }

    @Override
    public ProxyAdminGrpc.ProxyAdminStub proxyStreams(Cluster cluster) {
        return ProxyAdminGrpc.newStub(channel);
    }

    @Override
    public Optional<ResourceWrites> writes(Cluster cluster) {
        return cluster.isLocal() ? Optional.empty() : Optional.of(new ApiServerWrites(environment, cluster));
    }

    @Override
    public TrustBundle bundle(Cluster cluster) {
        throw new UnsupportedOperationException("no bundles here");
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
