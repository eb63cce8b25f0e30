package dev.meshctl.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.admin.AdminGrpc;
import dev.meshctl.api.proto.admin.CreateLinkTokenRequest;
import dev.meshctl.api.proto.admin.CreateLinkTokenResponse;
import dev.meshctl.cli.Environment;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.fleet.Place;
import dev.meshctl.cli.testing.FakeServices;
import dev.meshctl.runtime.grpc.NotLeading;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The leader of a control plane has died; another one leads only when its lease is over. */
final class LeaderCallsTest {
    private static final Cluster WEST =
            new Cluster("west", new TrustDomain("west.mesh"), new Place.Context("west", List.of()), Path.of("/nowhere"));

    private StatusRuntimeException refusal = NotLeading.status("nobody leads").asRuntimeException(NotLeading.trailers());
    private int refusals;
    private int asked;
    private final FakeServices connections = new FakeServices(
            new Environment(Map.of(), Path.of("."), System.in, System.out, System.err, Environment.Terminals.NONE, 80),
            new AdminGrpc.AdminImplBase() {
                @Override
                public void createLinkToken(CreateLinkTokenRequest request, StreamObserver<CreateLinkTokenResponse> answer) {
                    if (asked++ < refusals) {
                        answer.onError(refusal);
                        return;
                    }
                    answer.onNext(CreateLinkTokenResponse.newBuilder().setToken("abc").build());
                    answer.onCompleted();
                }
            });

    @AfterEach
    void close() {
        connections.close();
    }

    private String token(Duration patience) {
        return new LeaderCalls(connections, WEST, patience, Duration.ofMillis(1))
                .call(admin -> admin.createLinkToken(CreateLinkTokenRequest.getDefaultInstance())).getToken();
    }

    @Test
    void what_only_the_leader_takes_waits_until_one_leads() {
        refusals = 5;

        assertThat(token(Duration.ofMinutes(1))).isEqualTo("abc");

        assertThat(asked).isEqualTo(6);
    }

    @Test
    void where_nobody_leads_in_time_the_refusal_is_told() {
        refusals = Integer.MAX_VALUE;

        assertThatThrownBy(() -> token(Duration.ofMillis(20))).isInstanceOf(StatusRuntimeException.class).hasMessageContaining("nobody leads");
    }

    @Test
    void a_call_that_may_have_been_begun_is_not_made_again() {
        refusal = Status.UNAVAILABLE.withDescription("the connection was reset").asRuntimeException();
        refusals = 1;

        assertThatThrownBy(() -> token(Duration.ofMinutes(1))).isInstanceOf(StatusRuntimeException.class).hasMessageContaining("reset");

        assertThat(asked).isEqualTo(1);
    }
}
