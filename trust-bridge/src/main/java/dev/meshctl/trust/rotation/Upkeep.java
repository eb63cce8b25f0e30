package dev.meshctl.trust.rotation;

import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.trust.attest.JoinTokens;
import dev.meshctl.trust.authority.CertificateAuthority;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What has to happen by itself: the own SVID, the issuing key, forgetting of old tokens. Looks at the clock each
 * second, since the clock may be moved.
 */
public final class Upkeep implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Upkeep.class.getName());
    private static final Duration EVERY = Duration.ofSeconds(1);
    private static final Duration LAST_STEP = Duration.ofSeconds(5);

    private final OwnIdentity identity;
    private final CertificateAuthority authority;
    private final JoinTokens tokens;
    private final Counters counters;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = Thread.ofVirtual().name("trust-upkeep").unstarted(this::run);

    public Upkeep(OwnIdentity identity, CertificateAuthority authority, JoinTokens tokens, Counters counters) {
        this.identity = identity;
        this.authority = authority;
        this.tokens = tokens;
        this.counters = counters;
    }

    /** Goes on until closed. */
    public Upkeep start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            do {
                once();
            } while (!closed.await(EVERY.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void once() {
        attempt("issuing_key_not_rotated", () -> authority.rotateIssuingIfDue());
        attempt("own_svid_not_renewed", identity::renewIfDue);
        attempt("tokens_not_purged", () -> {
            tokens.purge();
            return true;
        });
    }

    private void attempt(String cause, Step step) {
        try {
            step.run();
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            counters.increment(cause);
            // Once a second would bury all else.
            if (Long.bitCount(counters.count(cause)) == 1) {
                LOG.log(Level.ERROR, cause + " (" + counters.count(cause) + " times)", e);
            }
        }
    }

    @FunctionalInterface
    private interface Step {
        boolean run() throws IOException, GeneralSecurityException;
    }

    /** Ends it. A step that is under way is waited for, 5 s at most: afterwards nothing is written any more. */
    @Override
    public void close() throws InterruptedException {
        closed.countDown();
        if (!thread.join(LAST_STEP)) {
            LOG.log(Level.WARNING, "a step of the upkeep did not end within {0} s", LAST_STEP.toSeconds());
        }
    }
}
