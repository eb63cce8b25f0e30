package dev.meshctl.gateway.peering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.ExportedVersion;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.LocalExport;
import dev.meshctl.api.proto.peering.Hello;
import dev.meshctl.api.proto.peering.PeeringMessage;
import dev.meshctl.api.proto.peering.PeeringMessage.MessageCase;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.stub.CallStreamObserver;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeerSessionTest {
    private final Transport transport = new Transport();
    private final TrustBundle bundle = new TestAuthority(new TrustDomain("east.mesh")).bundle();
    private final List<String> hungUp = new ArrayList<>();
    private ExportSet exports = exports(3, 0);
    private final PeerSession session =
            new PeerSession(transport, () -> exports, () -> bundle, List::of, Instant.EPOCH, () -> hungUp.add("now"));

    private static ExportSet exports(int count, int ready) {
        GatewayState.Builder state = GatewayState.newBuilder();
        for (int i = 0; i < count; i++) {
            state.addExports(LocalExport.newBuilder().setService(ExportedService.newBuilder()
                    .setName("s" + i).setNamespace("shop").setResourceVersion("" + ready)
                    .addVersions(ExportedVersion.newBuilder().setReady(ready))));
        }
        return ExportSet.of(state.build());
    }

    private void greet() {
        session.greet(Hello.getDefaultInstance());
        session.greeted(Hello.newBuilder().setKnownBundleDigest(SpiffeJson.digest(bundle)).build());
    }

    @Test
    void a_service_that_changes_often_while_the_peer_does_not_read_is_sent_once() {
        greet();
        transport.sent.clear();
        transport.ready = false;
        for (int ready = 1; ready <= 100; ready++) {
            ExportSet before = exports;
            exports = exports(3, ready);
            session.changed(exports.changedSince(before.versions()));
        }
        assertThat(transport.sent).isEmpty();

        transport.ready = true;
        session.flush();

        assertThat(transport.sent).hasSize(3).allSatisfy(message ->
                assertThat(message.getUpdate().getService().getVersions(0).getReady()).isEqualTo(100));
    }

    @Test
    void no_more_than_the_window_is_sent_ahead_of_the_acknowledgements() {
        exports = exports(2 * PeerSession.WINDOW, 0);
        greet();

        assertThat(transport.count(MessageCase.UPDATE)).isEqualTo(PeerSession.WINDOW);
        assertThat(transport.count(MessageCase.SYNC_DONE)).isZero();

        session.acknowledged(transport.sent.getLast().getSequence());

        assertThat(transport.count(MessageCase.UPDATE)).isEqualTo(2 * PeerSession.WINDOW);
        session.acknowledged(transport.sent.getLast().getSequence());
        assertThat(transport.sent.getLast().getMessageCase()).isEqualTo(MessageCase.SYNC_DONE);
    }

    @Test
    void what_the_peer_holds_already_is_not_sent_and_what_is_gone_is_named() {
        session.greet(Hello.getDefaultInstance());
        session.greeted(Hello.newBuilder().setKnownBundleDigest(SpiffeJson.digest(bundle))
                .putAllKnownVersions(exports.versions()).putKnownVersions("old.shop", "1").build());

        assertThat(transport.sent).extracting(PeeringMessage::getMessageCase)
                .containsExactly(MessageCase.HELLO, MessageCase.REMOVED, MessageCase.SYNC_DONE);
        assertThat(transport.sent.get(1).getRemoved().getName()).isEqualTo("old");
        assertThat(transport.sent).extracting(PeeringMessage::getSequence).containsExactly(1L, 2L, 3L);
    }

    @Test
    void a_peer_that_is_silent_for_fifteen_seconds_is_away() {
        greet();

        assertThat(session.tick(Instant.EPOCH.plusSeconds(14))).isEmpty();
        assertThat(transport.count(MessageCase.HEARTBEAT)).isEqualTo(1);
        assertThat(session.tick(Instant.EPOCH.plusSeconds(15))).contains(new PeerSession.End("peering_silent", "silent for 15 s"));
    }

    @Test
    void a_peer_that_talks_but_never_reads_is_away_after_thirty_seconds() {
        greet();
        for (int second = 5; second < 30; second += 5) {
            session.heard(Instant.EPOCH.plusSeconds(second));
            assertThat(session.tick(Instant.EPOCH.plusSeconds(second))).isEmpty();
        }

        session.heard(Instant.EPOCH.plusSeconds(30));
        assertThat(session.tick(Instant.EPOCH.plusSeconds(30)))
                .contains(new PeerSession.End("peering_unread", "has read nothing for 30 s"));
    }

    @Test
    void a_peer_that_reads_slowly_or_has_nothing_to_read_is_not_away() {
        exports = exports(2 * PeerSession.WINDOW, 0);
        greet();
        for (int second = 10; second <= 600; second += 10) {
            session.heard(Instant.EPOCH.plusSeconds(second));
            if (second % 20 == 0) {
                session.acknowledged(1 + second / 20);
            }
            assertThat(session.tick(Instant.EPOCH.plusSeconds(second))).isEmpty();
        }
        session.acknowledged(Long.MAX_VALUE);
        session.acknowledged(Long.MAX_VALUE);
        for (int second = 610; second <= 900; second += 10) {
            session.heard(Instant.EPOCH.plusSeconds(second));
            assertThat(session.tick(Instant.EPOCH.plusSeconds(second))).as("at " + second).isEmpty();
        }
    }

    @Test
    void a_goodbye_names_its_reason_and_nothing_follows_it() {
        greet();

        session.goodbye("the gateway stops");
        session.changed(List.of("s1.shop"));

        assertThat(transport.sent.getLast().getGoodbye().getReason()).isEqualTo("the gateway stops");
        assertThat(hungUp).hasSize(1);
    }

    private static final class Transport extends CallStreamObserver<PeeringMessage> {
        private final List<PeeringMessage> sent = new ArrayList<>();
        private boolean ready = true;

        long count(MessageCase type) {
            return sent.stream().filter(message -> message.getMessageCase() == type).count();
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void onNext(PeeringMessage message) {
            sent.add(message);
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {}

        @Override
        public void request(int count) {}

        @Override
        public void setMessageCompression(boolean on) {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
    }
}
