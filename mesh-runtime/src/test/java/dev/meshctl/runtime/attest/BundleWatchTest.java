package dev.meshctl.runtime.attest;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.api.proto.trust.TrustBridgeGrpc;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.api.proto.trust.WatchBundlesRequest;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BundleWatchTest {
    private final TestAuthority west = new TestAuthority(new TrustDomain("west.mesh"));
    private final AtomicInteger refusals = new AtomicInteger();
    private final List<Bundles> heard = new CopyOnWriteArrayList<>();
    private Server server;
    private BundleWatch watch;

    @BeforeEach
    void serve() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new TrustBridgeGrpc.TrustBridgeImplBase() {
                    @Override
                    public void watchBundles(WatchBundlesRequest request, StreamObserver<BundleSet> sets) {
                        if (refusals.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
                            sets.onError(Status.UNAVAILABLE.asRuntimeException());
                        } else {
                            sets.onNext(BundleSet.newBuilder().addBundles(TrustDomainBundle.newBuilder()
                                    .setTrustDomain("west.mesh")
                                    .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(west.bundle())))).build());
                        }
                    }
                }).build().start();
    }

    private void watch(Consumer<Bundles> onBundles, Runnable onFailure) {
        HostPort address = HostPort.of((InetSocketAddress) server.getListenSockets().getFirst());
        watch = new BundleWatch(NettyChannelBuilder.forAddress(address.host(), address.port()).usePlaintext().build(), address,
                onBundles, failure -> onFailure.run(), closed -> { });
        watch.start();
    }

    @AfterEach
    void stop() {
        watch.close();
        server.shutdownNow();
    }

    @Test
    void bundles_that_could_not_be_taken_over_are_asked_for_again() throws Exception {
        AtomicInteger tries = new AtomicInteger();
        watch(bundles -> {
            if (tries.getAndIncrement() < 2) {
                throw new UncheckedIOException(new IOException("the disk is full"));
            }
            heard.add(bundles);
        }, () -> { });

        Await.until("heard", () -> !heard.isEmpty());

        assertThat(heard.getFirst().of(west.trustDomain())).contains(west.bundle());
    }

    @Test
    void it_goes_on_though_who_is_told_of_a_failure_fails_too() throws Exception {
        refusals.set(1);
        watch(heard::add, () -> {
            throw new IllegalStateException("as a bug would");
        });

        Await.until("heard", () -> !heard.isEmpty());
    }
}
