package dev.meshctl.trust.server;

import dev.meshctl.api.proto.trust.BundleSet;
import dev.meshctl.trust.bundle.BundleKeeper;
import io.grpc.stub.ServerCallStreamObserver;

/**
 * One watcher of bundles. Sends the newest set when the watcher can take it; a slow one misses the steps in
 * between, never the last.
 */
final class BundleStream {
    private final BundleKeeper bundles;
    private final ServerCallStreamObserver<BundleSet> observer;
    private long sent = -1;

    private BundleStream(BundleKeeper bundles, ServerCallStreamObserver<BundleSet> observer) {
        this.bundles = bundles;
        this.observer = observer;
    }

    static void open(BundleKeeper bundles, ServerCallStreamObserver<BundleSet> observer) {
        BundleStream stream = new BundleStream(bundles, observer);
        BundleKeeper.Subscription subscription = bundles.subscribe(stream::offer);
        observer.setOnCancelHandler(subscription::close);
        observer.setOnCloseHandler(subscription::close);
        observer.setOnReadyHandler(stream::offer);
        stream.offer();
    }

    private synchronized void offer() {
        BundleKeeper.Version version = bundles.version();
        if (version.number() > sent && observer.isReady() && !observer.isCancelled()) {
            sent = version.number();
            observer.onNext(BundleMessages.set(version));
        }
    }
}
