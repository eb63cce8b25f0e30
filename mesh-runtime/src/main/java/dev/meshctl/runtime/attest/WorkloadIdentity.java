package dev.meshctl.runtime.attest;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.runtime.backoff.Backoff;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.tls.PeerCertificates;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The identity of one workload through its life: attested with a join token, kept on disk, renewed for a new
 * key from half-life on (plus up to a tenth of the life, so that a fleet does not renew at once). A failed
 * renewal is tried again with backoff and counted under its cause; the old SVID stays in use meanwhile.
 */
public final class WorkloadIdentity implements SvidSource, AutoCloseable {
    private static final Logger LOG = System.getLogger(WorkloadIdentity.class.getName());
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(5);
    /** How long {@link #start} goes on trying to reach the trust bridge or waits for a token. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);
    /** The clock may be moved, so a long wait looks at it again this often. */
    private static final Duration CLOCK_POLL = Duration.ofSeconds(1);

    /**
     * What is needed to attest.
     *
     * @param joinToken asked whenever a token is needed; gives each token once, and may have none yet
     */
    public record Attestation(
            SpiffeId id,
            TrustBridgeClient trustBridge,
            SvidKeystore keystore,
            Supplier<Optional<String>> joinToken,
            InstantSource clock) {}

    private final Attestation attestation;
    private final Counters counters = new Counters();
    private final List<Consumer<Svid>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Object keeping = new Object();
    private @Nullable String unusedToken;
    private volatile Svid current;

    private WorkloadIdentity(Attestation attestation) throws IdentityException {
        this.attestation = attestation;
        Optional<Svid> kept = kept();
        if (kept.isPresent()) {
            this.current = kept.get();
        } else {
            this.current = firstSvid();
            keep(current);
        }
    }

    /**
     * Blocks until there is an SVID: at once when a valid one is on disk, else up to 30 s.
     *
     * @throws IdentityException if the trust bridge refuses, stays away, or no join token comes
     */
    public static WorkloadIdentity start(Attestation attestation) throws IdentityException {
        WorkloadIdentity identity = new WorkloadIdentity(attestation);
        Thread.ofVirtual().name("renew " + attestation.id()).start(identity::renewing);
        return identity;
    }

    @Override
    public Svid current() {
        return current;
    }

    @Override
    public Subscription onChange(Consumer<Svid> listener) {
        Consumer<Svid> own = listener::accept;
        listeners.add(own);
        return () -> listeners.remove(own);
    }

    /** What happened, by cause: {@code attested}, {@code renewed}, and each failure. */
    public Map<String, Long> counters() {
        return counters.snapshot();
    }

    /** Ends the renewal. The keystore is not written any more when this returns. */
    @Override
    public void close() {
        synchronized (keeping) {
            closed.countDown();
        }
    }

    private Optional<Svid> kept() {
        try {
            Optional<Svid> kept = attestation.keystore().load();
            if (kept.isEmpty()) {
                return kept;
            }
            if (!kept.get().id().equals(attestation.id())) {
                counters.increment("keystore_of_other_identity");
                return Optional.empty();
            }
            return kept.filter(svid -> svid.notAfter().isAfter(attestation.clock().instant()));
        } catch (IOException e) {
            counters.increment("keystore_unreadable");
            LOG.log(Level.WARNING, "SVID of {0} is asked for anew: {1}", attestation.id(), e.getMessage());
            return Optional.empty();
        }
    }

    private Svid firstSvid() throws IdentityException {
        long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
        Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(2), ThreadLocalRandom.current());
        while (true) {
            try {
                return attest();
            } catch (IdentityException e) {
                counters.increment(e.cause());
                Duration wait = backoff.next();
                if (!mayPass(e) || System.nanoTime() + wait.toNanos() > deadline) {
                    throw e;
                }
                pause(wait);
            }
        }
    }

    /** A refusal stands unless another token has come meanwhile. */
    private boolean mayPass(IdentityException e) {
        if (unusedToken == null && !e.cause().equals("no_join_token")) {
            unusedToken = attestation.joinToken().get().orElse(null);
            return unusedToken != null;
        }
        return true;
    }

    private Svid attest() throws IdentityException {
        String token = unusedToken != null ? unusedToken : attestation.joinToken().get().orElse(null);
        if (token == null) {
            throw new IdentityException(
                    "no_join_token", "there is no join token for " + attestation.id() + "; the cluster's supervisor "
                            + "makes them, check that it and the trust bridge run");
        }
        unusedToken = token;
        KeyPair key = CertificateRequests.newKey();
        byte[] csr = CertificateRequests.create(attestation.id(), key);
        try {
            Svid svid = svid(key, attestation.trustBridge().attest(token, csr, CALL_TIMEOUT));
            unusedToken = null;
            counters.increment("attested");
            return svid;
        } catch (IdentityException e) {
            if (!isPassing(e)) {
                unusedToken = null;
            }
            throw e;
        }
    }

    private Svid renew() throws IdentityException {
        KeyPair key = CertificateRequests.newKey();
        byte[] csr = CertificateRequests.create(attestation.id(), key);
        Svid svid = svid(key, attestation.trustBridge().renew(current, csr, CALL_TIMEOUT));
        counters.increment("renewed");
        return svid;
    }

    private void renewing() {
        Svid svid = current;
        Instant due = dueOf(svid);
        Backoff backoff = backoffFor(svid);
        while (!awaitClock(due)) {
            try {
                Svid next = attestation.clock().instant().isBefore(svid.notAfter()) ? renew() : attest();
                adopt(next);
                svid = next;
                due = dueOf(next);
                backoff = backoffFor(next);
            } catch (IdentityException e) {
                counters.increment(e.cause());
                LOG.log(Level.WARNING, "SVID of {0} (until {1}) not renewed: {2}",
                        attestation.id(), svid.notAfter(), e.getMessage());
                pause(backoff.next());
            } catch (RuntimeException e) {
                // Without renewal the SVID would end, and the workload with it, an hour later and far from the cause.
                counters.increment("renewal_failed");
                LOG.log(Level.ERROR, "SVID of " + attestation.id() + " not renewed; it is tried again", e);
                pause(backoff.next());
            }
        }
    }

    private void adopt(Svid next) {
        keep(next);
        current = next;
        for (Consumer<Svid> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException e) {
                counters.increment("listener_failed");
                LOG.log(Level.ERROR, "a listener failed on the new SVID of " + attestation.id(), e);
            }
        }
    }

    private void keep(Svid svid) {
        synchronized (keeping) {
            if (closed.getCount() > 0) {
                store(svid);
            }
        }
    }

    private void store(Svid svid) {
        try {
            attestation.keystore().store(svid);
        } catch (IOException e) {
            // The SVID is good for as long as this process lives; only a restart will need a token.
            counters.increment("keystore_write_failed");
            LOG.log(Level.WARNING, "SVID of {0} is not kept: {1}", attestation.id(), e.getMessage());
        }
    }

    private Svid svid(KeyPair key, SvidResponse response) throws IdentityException {
        try {
            List<X509Certificate> chain = new ArrayList<>();
            for (ByteString der : response.getChainList()) {
                chain.add(Pem.certificate(der.toByteArray()));
            }
            if (chain.isEmpty()
                    || !chain.getFirst().getPublicKey().equals(key.getPublic())
                    || !PeerCertificates.idOf(chain.getFirst()).equals(attestation.id())) {
                throw new GeneralSecurityException("it is not for the key and identity that were asked for");
            }
            return new Svid(attestation.id(), key.getPrivate(), chain);
        } catch (GeneralSecurityException e) {
            throw new IdentityException(
                    "svid_unusable", "the trust bridge's answer for " + attestation.id() + ": " + e.getMessage(), e);
        }
    }

    private static Instant dueOf(Svid svid) {
        long life = Duration.between(svid.notBefore(), svid.notAfter()).toMillis();
        return svid.halfLife().plusMillis(ThreadLocalRandom.current().nextLong(1 + life / 10));
    }

    private static Backoff backoffFor(Svid svid) {
        long life = Duration.between(svid.notBefore(), svid.notAfter()).toMillis();
        Duration max = Duration.ofMillis(Math.clamp(life / 20, 1000, 60_000));
        return new Backoff(Duration.ofMillis(500), max, ThreadLocalRandom.current());
    }

    private static boolean isPassing(IdentityException e) {
        return e.cause().equals("trust_bridge_unavailable") || e.cause().equals("rate_limited");
    }

    /** True if closed before the time came. */
    private boolean awaitClock(Instant due) {
        while (closed.getCount() > 0) {
            Duration left = Duration.between(attestation.clock().instant(), due);
            if (!left.isPositive()) {
                return false;
            }
            pause(left.compareTo(CLOCK_POLL) < 0 ? left : CLOCK_POLL);
        }
        return true;
    }

    private void pause(Duration wait) {
        try {
            if (closed.await(Math.max(1, wait.toMillis()), TimeUnit.MILLISECONDS)) {
                LOG.log(Level.DEBUG, "renewal of {0} has ended", attestation.id());
            }
        } catch (InterruptedException e) {
            closed.countDown();
            Thread.currentThread().interrupt();
        }
    }
}
