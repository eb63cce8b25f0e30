package dev.meshctl.trust.rotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.trust.attest.JoinTokens;
import dev.meshctl.trust.authority.CertificateAuthority;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class UpkeepTest {
    private static final TrustDomain WEST = new TrustDomain("west.mesh");
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path directory;

    /** What it wrote later would be in a directory that another process, or nobody, owns by then. */
    @Test
    void when_it_is_closed_its_last_step_is_over() throws Exception {
        CountDownLatch within = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        InstantSource clock = () -> {
            if (Thread.currentThread().getName().equals("trust-upkeep")) {
                within.countDown();
                awaitUninterrupted(goOn);
                return START.plus(Duration.ofDays(3));
            }
            return START;
        };
        CertificateAuthority authority =
                CertificateAuthority.open(directory.resolve("ca"), WEST, clock, new SecureRandom(), true);
        JoinTokens tokens = new JoinTokens(directory.resolve("tokens.json"), clock, new SecureRandom());
        tokens.create(new SpiffeId(WEST, "shop", "web"), Duration.ofMinutes(1));
        Upkeep upkeep = new Upkeep(
                new OwnIdentity(authority, WEST, Duration.ofHours(1), clock, new Counters()),
                authority, tokens, new Counters()).start();
        within.await();

        Thread closing = Thread.ofVirtual().start(new FutureTask<>(() -> {
            upkeep.close();
            return true;
        }));
        closing.join(Duration.ofMillis(200));
        boolean early = !closing.isAlive();
        goOn.countDown();

        assertThat(closing.join(Duration.ofSeconds(30))).isTrue();
        assertThat(early).as("closed while a step was under way").isFalse();
        assertThat(tokens.size()).as("the step that was under way is done").isZero();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
