package dev.meshctl.control.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.telemetry.Direction;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.Series;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TelemetryServiceTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final Window WINDOW =
            Window.newBuilder().setStartEpochMs(NOW.toEpochMilli() - 5000).setLengthMs(5000).build();

    private final List<Window> passedOn = new ArrayList<>();
    private final Counters counters = new Counters();
    private final TelemetryStore store = new TelemetryStore(() -> NOW);
    private final TelemetryService service = new TelemetryService(
            store, WEST, peer -> peer.is(SystemIdentity.PROXY) || peer.namespace().equals("shop"), passedOn::add, counters);

    @Test
    void a_proxy_of_the_own_mesh_may_push() {
        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, SpiffeId.of(WEST, SystemIdentity.PROXY)))).isEqualTo("ok");
        assertThat(store.counters()).containsEntry("windows", 1L);
    }

    @Test
    void nobody_else_may_push() {
        assertThat(pushAs(Context.ROOT)).startsWith("UNAUTHENTICATED");
        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, SpiffeId.parse("spiffe://west.mesh/ns/dev/sa/web"))))
                .startsWith("PERMISSION_DENIED").contains("spiffe://west.mesh/ns/dev/sa/web may not push telemetry");
        assertThat(pushAs(Context.ROOT.withValue(
                MeshServer.PEER, SpiffeId.of(new TrustDomain("east.mesh"), SystemIdentity.PROXY)))).startsWith("PERMISSION_DENIED");
        assertThat(store.counters()).isEmpty();
    }

    @Test
    void a_sidecar_speaks_for_its_own_namespace_and_its_own_calls() {
        SpiffeId web = SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/web");
        Window window = WINDOW.toBuilder()
                .addSeries(Windows.inbound("v1", 1, 0, 5))
                .addSeries(Windows.inbound("v1", 1, 0, 5).toBuilder().setDestinationService("payments.bank"))
                .addSeries(Series.newBuilder().setDirection(Direction.OUTBOUND).setSourceIdentity(web.toString()))
                .addSeries(Series.newBuilder().setDirection(Direction.OUTBOUND)
                        .setSourceIdentity("spiffe://west.mesh/ns/shop/sa/other"))
                .build();

        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, web), window)).isEqualTo("ok");

        assertThat(passedOn.getFirst().getSeriesList()).containsExactly(window.getSeries(0), window.getSeries(2));
        assertThat(counters.count("telemetry_of_others")).isEqualTo(1);
    }

    @Test
    void what_another_replica_passes_on_goes_no_further() {
        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, SpiffeId.of(WEST, SystemIdentity.CONTROL_PLANE))))
                .isEqualTo("ok");

        assertThat(store.counters()).containsEntry("windows", 1L);
        assertThat(passedOn).isEmpty();
    }

    private String pushAs(Context caller) {
        return pushAs(caller, WINDOW);
    }

    private String pushAs(Context caller, Window window) {
        AtomicReference<String> answer = new AtomicReference<>("none");
        caller.run(() -> service.push(window, new StreamObserver<>() {
            @Override
            public void onNext(PushResponse response) {}

            @Override
            public void onError(Throwable error) {
                answer.set(Status.fromThrowable(error).getCode() + " " + Status.fromThrowable(error).getDescription());
            }

            @Override
            public void onCompleted() {
                answer.set("ok");
            }
        }));
        return answer.get();
    }
}
