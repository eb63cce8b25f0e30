package dev.meshctl.gateway.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.proto.control.JoinDecision;
import dev.meshctl.api.proto.control.JoinRequest;
import dev.meshctl.api.proto.control.Link;
import dev.meshctl.runtime.testing.Await;
import dev.meshctl.runtime.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(240)
class LinkHandshakeTest {
    private static final String SECRET = "a-secret-that-works-once";

    @TempDir
    Path directory;
    private TestCluster west;
    private TestCluster east;

    @BeforeEach
    void start() throws Exception {
        west = new TestCluster("west", directory);
        east = new TestCluster("east", directory);
        Await.until("control planes", () -> connected(west) && connected(east));
    }

    private static boolean connected(TestCluster cluster) {
        return cluster.gateway().isControlPlaneConnected();
    }

    @AfterEach
    void stop() throws Exception {
        west.close();
        east.close();
    }

    private Link.Builder token() {
        return west.linkTo(east).addAddresses(east.address()).setDialer(true).setJoinSecret(SECRET);
    }

    /** As a control plane does: takes the secret once and stores the link. */
    private JoinDecision acceptOnce(JoinRequest request) {
        if (!request.getSecret().equals(SECRET) || east.state.getLinksCount() > 0) {
            return JoinDecision.newBuilder().setReason("the token was used already").build();
        }
        east.link(Link.newBuilder().setPeer(request.getCluster()).setTrustDomain(request.getTrustDomain())
                .setBundle(request.getBundle()).addAllAddresses(request.getAddressesList()));
        return JoinDecision.newBuilder().setAccepted(true).setCluster("east").setTrustDomain("east.mesh")
                .setBundle(east.bundle()).build();
    }

    @Test
    void a_good_token_makes_a_link_that_works_both_ways() throws Exception {
        AtomicReference<JoinRequest> asked = new AtomicReference<>();
        east.control.decides = request -> {
            asked.set(request);
            return acceptOnce(request);
        };
        east.export("payments", 1);
        west.export("orders", 1);

        west.link(token());

        Await.until("imports", () -> west.importedNames(east).contains("payments")
                && east.importedNames(west).contains("orders"));
        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
        assertThat(asked.get().getCluster()).isEqualTo("west");
        assertThat(asked.get().getAddressesList()).containsExactly(west.address());
        assertThat(asked.get().getBundle()).isEqualTo(west.bundle());
    }

    @Test
    void a_link_is_joined_with_the_addresses_that_the_control_plane_knows() throws Exception {
        AtomicReference<JoinRequest> asked = new AtomicReference<>();
        east.control.decides = request -> {
            asked.set(request);
            return acceptOnce(request);
        };
        west.state.addAddresses("203.0.113.7:15443");

        west.link(token());

        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
        assertThat(asked.get().getAddressesList()).containsExactly("203.0.113.7:15443");
    }

    @Test
    void a_restart_after_the_token_was_taken_does_not_present_it_again() throws Exception {
        east.control.decides = this::acceptOnce;
        west.link(token());
        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
        west.control.statuses.clear();

        west.restart();

        Await.until("active again", () -> west.count("peering_synced") == 1);
        assertThat(west.count("link_join_refused")).isZero();
    }

    @Test
    void a_refused_token_fails_the_link_with_the_reason() throws Exception {
        east.control.decides = request -> JoinDecision.newBuilder().setReason("the token has expired").build();

        west.link(token());

        Await.until("failed", () -> west.status(east).getPhase().equals("Failed"));
        assertThat(west.status(east).getReason()).contains("east refused the token").contains("the token has expired");
    }

    @Test
    void a_token_that_could_not_be_decided_about_is_presented_again() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        east.control.decides = request -> asked.incrementAndGet() == 1
                ? JoinDecision.newBuilder().setReason("the link could not be stored").setTryAgain(true).build() : acceptOnce(request);

        west.link(token());

        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
        assertThat(asked).hasValue(2);
        assertThat(west.count("link_join_refused")).isZero();
    }

    @Test
    void an_answer_that_got_lost_after_the_token_was_taken_does_not_break_the_link() throws Exception {
        east.link(east.linkTo(west));
        east.control.decides = this::acceptOnce;

        west.link(token());

        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
        assertThat(west.count("link_join_refused")).isEqualTo(1);
    }

    @Test
    void the_secret_is_not_presented_to_a_gateway_that_the_tokens_bundle_does_not_prove() throws Exception {
        AtomicReference<JoinRequest> asked = new AtomicReference<>();
        east.control.decides = request -> {
            asked.set(request);
            return acceptOnce(request);
        };
        var stranger = new TestAuthority(east.domain);

        west.link(token().setBundle(TestCluster.json(stranger.bundle())));

        Await.until("failed", () -> west.status(east).getPhase().equals("Failed"));
        assertThat(west.status(east).getReason()).contains("is not that of the token");
        assertThat(asked.get()).isNull();
    }

    @Test
    void without_its_control_plane_the_other_side_keeps_the_token_good() throws Exception {
        AtomicBoolean asked = new AtomicBoolean();
        east.control.decides = request -> {
            asked.set(true);
            return acceptOnce(request);
        };
        east.control.stop();
        Await.until("away", () -> !connected(east));

        west.link(token());
        Await.until("waiting", () -> west.status(east).getReason().contains("control plane of east"));
        assertThat(west.status(east).getPhase()).isEqualTo("Joining");
        east.control.startAgain();
        // Tries of one source are limited; the clock lets more of them pass. Later it would make the peer a silent one.
        Await.until("asked", () -> {
            if (!asked.get()) {
                east.clock.move(Duration.ofSeconds(1));
            }
            return asked.get();
        });
        Await.until("active", () -> west.status(east).getPhase().equals("Active"));
    }
}
