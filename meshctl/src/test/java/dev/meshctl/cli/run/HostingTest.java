package dev.meshctl.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.proxy.HostDown;
import dev.meshctl.api.proto.proxy.HostUp;
import dev.meshctl.api.proto.proxy.Hosted;
import dev.meshctl.api.proto.proxy.ProxyAdminGrpc;
import dev.meshctl.api.proto.trust.CreateJoinTokenRequest;
import dev.meshctl.api.proto.trust.CreateJoinTokenResponse;
import dev.meshctl.api.proto.trust.TrustAdminGrpc;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.testing.FakeServices;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A workload is hosted while the trust bridge is being started anew. */
class HostingTest {
    private static final Cluster WEST = new Cluster(
            "west", new TrustDomain("west.mesh"), new Place.Local("127.9", Map.of(), "", ""), Path.of("/nowhere"));
    private static final SpiffeId ID = new SpiffeId(WEST.trustDomain(), "shop", "web");

    private Status refusal = Status.UNAVAILABLE.withDescription("the connection was reset");
    private int refusals;
    private int asked;
    private final FakeServices connections = new FakeServices(
            new Environment(Map.of(), Path.of("."), System.in, System.out, System.err, Environment.Terminals.NONE, 80),
            List.of(new TrustBridge(), new Proxy()));

    @AfterEach
    void close() {
        connections.close();
    }

    private final class TrustBridge extends TrustAdminGrpc.TrustAdminImplBase {
        @Override
        public void createJoinToken(CreateJoinTokenRequest request, StreamObserver<CreateJoinTokenResponse> answer) {
            if (asked++ < refusals) {
                answer.onError(refusal.asRuntimeException());
                return;
            }
            answer.onNext(CreateJoinTokenResponse.newBuilder().setToken("token-" + asked).build());
            answer.onCompleted();
        }
    }

    private static final class Proxy extends ProxyAdminGrpc.ProxyAdminImplBase {
        @Override
        public StreamObserver<HostUp> host(StreamObserver<HostDown> answer) {
            return new Host(answer);
        }
    }

    /** Says back which token came. */
    private record Host(StreamObserver<HostDown> answer) implements StreamObserver<HostUp> {
        @Override
        public void onNext(HostUp up) {
            if (up.hasHost()) {
                answer.onNext(HostDown.newBuilder().setHosted(Hosted.newBuilder().setOutboundAddress(up.getHost().getJoinToken())).build());
            }
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
            answer.onCompleted();
        }
    }

    private Hosting hosting() {
        RunSpec spec = new RunSpec(WEST, new ServiceName("web", "shop"), "", List.of(), List.of(), List.of("web"), Map.of(),
                Path.of("."), Optional.empty(), Duration.ZERO);
        return new Hosting(spec, ID, connections, line -> { });
    }

    @Test
    void a_token_is_asked_for_again_where_the_trust_bridge_is_away_for_a_moment() {
        refusals = 2;
        Hosting hosting = hosting();

        hosting.begin();

        assertThat(hosting.now().getOutboundAddress()).isEqualTo("token-3");
        hosting.end();
    }

    @Test
    void one_that_stays_away_is_told() {
        refusals = Integer.MAX_VALUE;

        CliError error = catchThrowableOfType(CliError.class, () -> hosting().begin());

        assertThat(error.what()).isEqualTo("cannot get a join token for " + ID);
        assertThat(error.why()).contains("the connection was reset");
        assertThat(asked).isEqualTo(4);
    }

    @Test
    void a_refusal_is_told_at_once() {
        refusal = Status.PERMISSION_DENIED.withDescription("not for you");
        refusals = 1;

        CliError error = catchThrowableOfType(CliError.class, () -> hosting().begin());

        assertThat(error.why()).contains("not for you");
        assertThat(asked).isEqualTo(1);
    }
}
