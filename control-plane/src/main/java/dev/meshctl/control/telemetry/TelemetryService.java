package dev.meshctl.control.telemetry;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.TelemetryGrpc;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * Takes windows from the proxies of the own mesh, and from other replicas that have them first-hand; from nobody else. A
 * sidecar, whose identity is that of its pod, speaks for its own namespace and its own calls only: what it says of others
 * is left out, and counted as {@code telemetry_of_others}.
 */
public final class TelemetryService extends TelemetryGrpc.TelemetryImplBase {
    private static final int MAX_SERIES = 20_000;

    private final TelemetryStore store;
    private final TrustDomain own;
    private final Predicate<SpiffeId> proxies;
    private final Consumer<Window> firstHand;
    private final Counters counters;

    /**
     * @param own the trust domain whose proxies may push
     * @param proxies true for the identities that proxies have
     * @param firstHand told of each window that a proxy has pushed here
     */
    public TelemetryService(TelemetryStore store, TrustDomain own, Predicate<SpiffeId> proxies, Consumer<Window> firstHand,
            Counters counters) {
        this.store = store;
        this.own = own;
        this.proxies = proxies;
        this.firstHand = firstHand;
        this.counters = counters;
    }

    /** True for who may push. */
    public boolean takesFrom(SpiffeId peer) {
        return peer.trustDomain().equals(own) && (peer.is(SystemIdentity.CONTROL_PLANE) || proxies.test(peer));
    }

    @Override
    public void push(Window window, StreamObserver<PushResponse> response) {
        SpiffeId peer = MeshServer.PEER.get();
        if (peer == null) {
            refuse(response, Status.UNAUTHENTICATED.withDescription("telemetry needs a client certificate"));
        } else if (!takesFrom(peer)) {
            refuse(response, Status.PERMISSION_DENIED.withDescription(
                    peer + " may not push telemetry; expected a proxy of " + own));
        } else if (window.getSeriesCount() > MAX_SERIES) {
            refuse(response, Status.RESOURCE_EXHAUSTED.withDescription(
                    "a window may have %d series, found %d".formatted(MAX_SERIES, window.getSeriesCount())));
        } else {
            take(peer, window);
            response.onNext(PushResponse.getDefaultInstance());
            response.onCompleted();
        }
    }

    private void take(SpiffeId peer, Window window) {
        if (peer.is(SystemIdentity.CONTROL_PLANE)) {
            store.record(window);
            return;
        }
        Window credible = peer.is(SystemIdentity.PROXY) ? window : ofItself(peer, window);
        store.record(credible);
        firstHand.accept(credible);
    }

    private Window ofItself(SpiffeId peer, Window window) {
        List<Series> kept = window.getSeriesList().stream().filter(series -> isOf(peer, series)).toList();
        if (kept.size() == window.getSeriesCount()) {
            return window;
        }
        counters.increment("telemetry_of_others");
        return window.toBuilder().clearSeries().addAllSeries(kept).build();
    }

    private static boolean isOf(SpiffeId peer, Series series) {
        if (series.getDirection() == Direction.OUTBOUND) {
            return series.getSourceIdentity().isEmpty() || series.getSourceIdentity().equals(peer.toString());
        }
        String destination = series.getDestinationService();
        return destination.substring(destination.indexOf('.') + 1).equals(peer.namespace());
    }

    private static void refuse(StreamObserver<PushResponse> response, Status status) {
        response.onError(status.asRuntimeException());
    }
}
