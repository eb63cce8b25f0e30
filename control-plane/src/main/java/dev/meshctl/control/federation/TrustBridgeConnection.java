package dev.meshctl.control.federation;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.PutBundleRequest;
import dev.meshctl.api.proto.trust.RemoveBundleRequest;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The control plane's own calls of the trust bridge, as the control plane. */
public final class TrustBridgeConnection implements TrustBundles, AutoCloseable {
    private static final long DEADLINE_SECONDS = 5;
    private static final Duration PROBE = Duration.ofMillis(500);

    private final HostPort address;
    private final ManagedChannel channel;

    public TrustBridgeConnection(HostPort address, TrustDomain own, SvidSource svids, BundleSource bundles) {
        SpiffeId server = SpiffeId.of(own, SystemIdentity.TRUST_BRIDGE);
        this.address = address;
        this.channel = MeshChannel.builder(address, svids, bundles, server::equals, null).build();
    }

    @Override
    public void put(TrustBundle bundle) {
        stub().putBundle(PutBundleRequest.newBuilder()
                .setBundle(TrustDomainBundle.newBuilder()
                        .setTrustDomain(bundle.trustDomain().name())
                        .setSpiffeJson(ByteString.copyFrom(SpiffeJson.write(bundle))))
                .build());
    }

    @Override
    public void remove(TrustDomain trustDomain) {
        stub().removeBundle(RemoveBundleRequest.newBuilder().setTrustDomain(trustDomain.name()).build());
    }

    private TrustAdminGrpc.TrustAdminBlockingStub stub() {
        channel.resetConnectBackoff();
        return TrustAdminGrpc.newBlockingStub(channel).withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
    }

    /** Why the trust bridge cannot be reached now; empty if it can. Takes at most half a second. */
    public Optional<String> error() {
        return ready() ? Optional.empty()
                : Optional.of("the trust bridge at " + address + " cannot be reached; SVIDs last until they expire");
    }

    private boolean ready() {
        try {
            return MeshChannel.isReady(channel, PROBE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
