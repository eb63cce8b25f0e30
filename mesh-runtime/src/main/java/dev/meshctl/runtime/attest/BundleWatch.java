package dev.meshctl.runtime.attest;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.api.proto.trust.TrustBridgeGrpc;
import dev.meshctl.api.proto.trust.TrustDomainBundle;
import dev.meshctl.api.proto.trust.WatchBundlesRequest;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.bundle.Bundles;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.net.HostPort;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One stream of bundles from the trust bridge, opened again whenever it breaks. A dead peer is found by keepalive. */
final class BundleWatch implements AutoCloseable {
    private static final Logger LOG = System.getLogger(BundleWatch.class.getName());

    private final ManagedChannel channel;
    private final HostPort address;
    private final Consumer<Bundles> onBundles;
    private final Consumer<StatusRuntimeException> onFailure;
    private final Consumer<BundleWatch> onClose;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(
            Duration.ofMillis(200), Duration.ofSeconds(15), ThreadLocalRandom.current());

    BundleWatch(
            ManagedChannel channel, HostPort address, Consumer<Bundles> onBundles,
            Consumer<StatusRuntimeException> onFailure, Consumer<BundleWatch> onClose) {
        this.channel = channel;
        this.address = address;
        this.onBundles = onBundles;
        this.onFailure = onFailure;
        this.onClose = onClose;
    }

    void start() {
        Thread.ofVirtual().name("bundle-watch").start(this::run);
    }

    private void run() {
        try {
            do {
                // Cancelling the context ends the stream on the server too.
                try (Context.CancellableContext call = Context.ROOT.withCancellation()) {
                    call.run(this::stream);
                }
            } while (!closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void stream() {
        channel.resetConnectBackoff();
        try {
            follow();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "bundles of trust bridge " + address + " could not be taken over; they are asked for again", e);
        }
    }

    private void follow() {
        try {
            Iterator<BundleSet> sets = TrustBridgeGrpc.newBlockingStub(channel)
                    .watchBundles(WatchBundlesRequest.getDefaultInstance());
            while (sets.hasNext()) {
                Bundles bundles = parse(sets.next());
                onBundles.accept(bundles);
                backoff.reset();
            }
        } catch (StatusRuntimeException e) {
            onFailure.accept(e);
            if (closed.getCount() > 0) {
                LOG.log(Level.INFO, "bundles of trust bridge {0}: {1}; trying again",
                        address, TrustBridgeClient.describe(e.getStatus()));
            }
        }
    }

    static Bundles parse(BundleSet set) {
        Map<TrustDomain, TrustBundle> parsed = new HashMap<>();
        for (TrustDomainBundle bundle : set.getBundlesList()) {
            TrustDomain trustDomain = new TrustDomain(bundle.getTrustDomain());
            parsed.put(trustDomain, SpiffeJson.read(trustDomain, bundle.getSpiffeJson().toByteArray()));
        }
        return new Bundles(parsed);
    }

    @Override
    public void close() {
        closed.countDown();
        channel.shutdownNow();
        onClose.accept(this);
    }
}
