package dev.meshctl.control.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.telemetry.PushResponse;
import dev.meshctl.api.proto.telemetry.Window;
import dev.meshctl.runtime.grpc.MeshServer;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class TelemetryServiceTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final Instant NOW = Instant.parse("2026-01-31T12:00:00Z");
    private static final Window WINDOW =
            Window.newBuilder().setStartEpochMs(NOW.toEpochMilli() - 5000).setLengthMs(5000).build();

    private final TelemetryStore store = new TelemetryStore(() -> NOW);
    private final TelemetryService service = new TelemetryService(store, WEST);

    @Test
    void a_proxy_of_the_own_mesh_may_push() {
        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, SpiffeId.of(WEST, SystemIdentity.PROXY)))).isEqualTo("ok");
        assertThat(store.counters()).containsEntry("windows", 1L);
    }

    @Test
    void nobody_else_may_push() {
        assertThat(pushAs(Context.ROOT)).startsWith("UNAUTHENTICATED");
        assertThat(pushAs(Context.ROOT.withValue(MeshServer.PEER, SpiffeId.parse("spiffe://west.mesh/ns/shop/sa/web"))))
                .startsWith("PERMISSION_DENIED").contains("spiffe://west.mesh/ns/shop/sa/web may not push telemetry");
        assertThat(pushAs(Context.ROOT.withValue(
                MeshServer.PEER, SpiffeId.of(new TrustDomain("east.mesh"), SystemIdentity.PROXY)))).startsWith("PERMISSION_DENIED");
        assertThat(store.counters()).isEmpty();
    }

    private String pushAs(Context caller) {
        AtomicReference<String> answer = new AtomicReference<>("none");
        caller.run(() -> service.push(WINDOW, new StreamObserver<>() {
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
