package dev.meshctl.control.federation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.api.name.ServiceName;
import dev.meshctl.api.proto.control.ExportedService;
import dev.meshctl.api.proto.control.GatewayDown;
import dev.meshctl.api.proto.control.GatewayState;
import dev.meshctl.api.proto.control.GatewayUp;
import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.PeerImports;
import dev.meshctl.api.resource.MeshLink;
import dev.meshctl.api.resource.Metadata;
import dev.meshctl.control.registry.federation.ImportRegistry;
import dev.meshctl.control.store.AuditLog;
import dev.meshctl.control.store.Change;
import dev.meshctl.control.store.FileStore;
import dev.meshctl.runtime.bundle.SpiffeJson;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.net.HostPort;
import dev.meshctl.runtime.testing.MovableClock;
import dev.meshctl.runtime.testing.TestAuthority;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GatewaySessionsTest {
    private static final TestAuthority WEST = new TestAuthority(new TrustDomain("west.mesh"));
    private static final TestAuthority EAST = new TestAuthority(new TrustDomain("east.mesh"));
    private static final ServiceName ORDERS = new ServiceName("orders", "shop");

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private final Counters counters = new Counters();
    private FileStore store;
    private Links links;
    private ImportRegistry imports;
    private GatewaySessions sessions;

    @BeforeEach
    void open() throws Exception {
        store = new FileStore(directory.resolve("store"), clock, counters);
        TrustSync sync = new TrustSync(new TrustBundles() {
            @Override
            public void put(TrustBundle bundle) {}

            @Override
            public void remove(TrustDomain trustDomain) {}
        }, new SecureRandom(), counters);
        Links.Mesh own = new Links.Mesh("west", WEST.trustDomain());
        Path files = Files.createDirectories(directory.resolve("links"));
        links = new Links(own, files, DirectoryRecords.open(files), store, sync, clock, new SecureRandom(),
                new AuditLog(directory, clock, counters), counters);
        imports = new ImportRegistry(directory.resolve("imports"), links::trustDomainOf, s -> { }, counters);
        sessions = new GatewaySessions(own, links, imports, new GatewayAddresses(directory.resolve("addresses"), counters),
                List::of, () -> Optional.of(WEST.bundle()), () -> { }, clock, counters);
    }

    private static GatewayDown state(long version) {
        return GatewayDown.newBuilder().setState(GatewayState.newBuilder().setVersion(version)).build();
    }

    @Test
    void a_state_that_comes_after_a_newer_one_is_not_sent() {
        Gateway gateway = new Gateway();
        GatewaySession session = new GatewaySession(gateway, s -> { });

        session.state(state(2));
        session.state(state(1));
        assertThat(gateway.versions()).containsExactly(2L);

        gateway.reads = false;
        session.state(state(4));
        session.state(state(3));
        gateway.readsOn();
        assertThat(gateway.versions()).as("what waits is not taken back either").containsExactly(2L, 4L);
    }

    @Test
    void what_a_gateway_tells_of_a_link_that_is_not_known_yet_is_told_again_when_it_is() throws Exception {
        Gateway gateway = new Gateway();
        StreamObserver<GatewayUp> up = sessions.session(gateway);
        PeerImports report = PeerImports.newBuilder().setPeer("east").addServices(ExportedService.newBuilder()
                .setName("orders").setNamespace("shop").setCluster("east").setResourceVersion("1")).build();
        up.onNext(GatewayUp.newBuilder().setImports(report).build());
        assertThat(imports.of(ORDERS)).isEmpty();
        sessions.push();
        assertThat(gateway.ended).as("nothing has changed").isNull();

        linked();
        sessions.push();

        assertThat(Status.fromThrowable(gateway.ended).getCode()).as("a gateway says all of it to a new session")
                .isEqualTo(Status.Code.UNAVAILABLE);
        Gateway again = new Gateway();
        sessions.session(again).onNext(GatewayUp.newBuilder().setImports(report).build());
        sessions.push();
        assertThat(imports.of(ORDERS)).hasSize(1);
        assertThat(again.ended).isNull();
    }

    /** As another replica has made it. */
    private void linked() throws Exception {
        store.write(List.of(new Change.Put(new MeshLink(Metadata.of("east", ""),
                new MeshLink.Spec("east.mesh", List.of("192.0.2.1:15443"), true, Duration.ofMinutes(10)), MeshLink.Status.PENDING))));
    }

    @Test
    void a_token_is_still_good_where_the_link_could_not_be_stored_and_is_not_where_it_is_wrong() throws Exception {
        Gateway gateway = new Gateway();
        StreamObserver<GatewayUp> up = sessions.session(gateway);
        up.onNext(presented("guessed"));
        assertThat(gateway.decision().getAccepted()).isFalse();
        assertThat(gateway.decision().getTryAgain()).isFalse();

        String secret = links.createToken(Duration.ZERO, "", new Links.Gateways(
                List.of(new HostPort("192.0.2.2", 15443)), ""), WEST.bundle(), "test").secret();
        // A directory in the place of a file fails its write, as an API server that is away would.
        Path full = Files.createDirectories(directory.resolve("links/east.bundle.json/full"));
        up.onNext(presented(secret));
        assertThat(gateway.decision().getAccepted()).isFalse();
        assertThat(gateway.decision().getTryAgain()).isTrue();

        Files.delete(full);
        Files.delete(full.getParent());
        up.onNext(presented(secret));
        assertThat(gateway.decision().getAccepted()).isTrue();
    }

    private static GatewayUp presented(String secret) {
        return GatewayUp.newBuilder().setJoinRequest(JoinRequest.newBuilder().setId("1").setSecret(secret).setCluster("east")
                .setTrustDomain("east.mesh").setBundle(ByteString.copyFrom(SpiffeJson.write(EAST.bundle())))).build();
    }

    /** What a gateway hears. */
    private static final class Gateway extends ServerCallStreamObserver<GatewayDown> {
        private final List<GatewayDown> heard = new ArrayList<>();
        private boolean reads = true;
        private Runnable onReady = () -> { };
        private @Nullable Throwable ended;

        List<Long> versions() {
            return heard.stream().filter(GatewayDown::hasState).map(down -> down.getState().getVersion()).toList();
        }

        JoinDecision decision() {
            return heard.stream().filter(GatewayDown::hasJoinDecision).toList().getLast().getJoinDecision();
        }

        void readsOn() {
            reads = true;
            onReady.run();
        }

        @Override
        public void onNext(GatewayDown down) {
            heard.add(down);
        }

        @Override
        public void onError(Throwable failure) {
            ended = failure;
        }

        @Override
        public void onCompleted() {}

        @Override
        public boolean isReady() {
            return reads;
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            onReady = handler;
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setOnCloseHandler(Runnable handler) {}

        @Override
        public void setCompression(String compression) {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void request(int count) {}

        @Override
        public void setMessageCompression(boolean enable) {}
    }
}
