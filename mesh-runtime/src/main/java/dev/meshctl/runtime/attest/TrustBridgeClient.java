package dev.meshctl.runtime.attest;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.AttestRequest;
import dev.meshctl.api.proto.trust.RenewRequest;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.api.proto.trust.TrustBridgeGrpc;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.grpc.MeshChannel;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.tls.PeerRejected;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Calls the trust bridge of the own mesh, which is checked by the own bundle and its identity. Safe for use by
 * several threads.
 */
public final class TrustBridgeClient implements AutoCloseable {
    /** Trailer in which a trust bridge names the cause of a refusal. */
    public static final Metadata.Key<String> CAUSE =
            Metadata.Key.of("x-meshctl-cause", Metadata.ASCII_STRING_MARSHALLER);

    private final HostPort address;
    private final TrustDomain own;
    private final BundleSource bundles;
    /** Called when the trust bridge has shown a certificate that is not accepted. */
    private final Runnable onRejected;
    private final ManagedChannel anonymous;
    private final Set<BundleWatch> watches = ConcurrentHashMap.newKeySet();

    /** @param bundles must hold the bundle of {@code own} */
    public TrustBridgeClient(HostPort address, TrustDomain own, BundleSource bundles) {
        this(address, own, bundles, () -> {});
    }

    /**
     * A client that looks into the bundle's file again when it has to refuse the trust bridge.
     *
     * @param bundles must hold the bundle of {@code own}
     * @param bundleFile SPIFFE JSON of {@code own}, which others may replace at any time
     */
    public TrustBridgeClient(HostPort address, TrustDomain own, BundleSource bundles, Path bundleFile) {
        this(address, own, new FileBundle(bundles, own, bundleFile));
    }

    private TrustBridgeClient(HostPort address, TrustDomain own, FileBundle bundles) {
        this(address, own, bundles, bundles::reread);
    }

    private TrustBridgeClient(HostPort address, TrustDomain own, BundleSource bundles, Runnable onRejected) {
        this.address = address;
        this.own = own;
        this.bundles = bundles;
        this.onRejected = onRejected;
        this.anonymous = channel(null);
    }

    /**
     * Asks for the first SVID. When the call times out the token may be used up all the same.
     *
     * @throws IdentityException with the trust bridge's cause, or {@code trust_bridge_unavailable}
     */
    public SvidResponse attest(String token, byte[] csr, Duration timeout) throws IdentityException {
        AttestRequest request = AttestRequest.newBuilder()
                .setJoinToken(token)
                .setCsr(ByteString.copyFrom(csr))
                .build();
        // The caller has its own backoff.
        anonymous.resetConnectBackoff();
        return call(() -> TrustBridgeGrpc.newBlockingStub(anonymous)
                .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .attest(request));
    }

    /**
     * Asks for the next SVID, as the current one.
     *
     * @throws IdentityException with the trust bridge's cause, or {@code trust_bridge_unavailable}
     */
    public SvidResponse renew(Svid current, byte[] csr, Duration timeout) throws IdentityException {
        RenewRequest request =
                RenewRequest.newBuilder().setCsr(ByteString.copyFrom(csr)).build();
        ManagedChannel channel = channel(new FixedSvid(current));
        try {
            return call(() -> TrustBridgeGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS)
                    .renew(request));
        } finally {
            channel.shutdownNow();
        }
    }

    /**
     * Follows the bundles: calls back with all of them now and after each change, on one thread, and reconnects
     * by itself until the returned handle is closed.
     */
    public AutoCloseable watchBundles(SvidSource as, Consumer<Bundles> onBundles) {
        BundleWatch watch = new BundleWatch(channel(as), address, onBundles, this::note, watches::remove);
        watches.add(watch);
        watch.start();
        return watch;
    }

    @Override
    public void close() {
        watches.forEach(BundleWatch::close);
        anonymous.shutdownNow();
    }

    private ManagedChannel channel(@Nullable SvidSource as) {
        SpiffeId trustBridge = SpiffeId.of(own, SystemIdentity.TRUST_BRIDGE);
        return MeshChannel.builder(address, as, bundles, trustBridge::equals, null).build();
    }

    private SvidResponse call(Supplier<SvidResponse> call) throws IdentityException {
        try {
            return call.get();
        } catch (StatusRuntimeException e) {
            note(e);
            throw new IdentityException(causeOf(e), "trust bridge " + address + ": " + describe(e.getStatus()), e);
        }
    }

    private void note(StatusRuntimeException e) {
        if (PeerRejected.in(e).isPresent()) {
            onRejected.run();
        }
    }

    private static String causeOf(StatusRuntimeException e) {
        Metadata trailers = e.getTrailers();
        String named = trailers == null ? null : trailers.get(CAUSE);
        if (named != null) {
            return named;
        }
        return switch (e.getStatus().getCode()) {
            case UNAVAILABLE, DEADLINE_EXCEEDED -> "trust_bridge_unavailable";
            default -> "trust_bridge_" + e.getStatus().getCode().name().toLowerCase(Locale.ROOT);
        };
    }

    static String describe(Status status) {
        Throwable cause = status.getCause();
        String description = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return cause == null ? description : description + " (" + cause.getMessage() + ")";
    }
}
