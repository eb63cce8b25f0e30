package dev.meshctl.trust.rotation;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.trust.authority.CertificateAuthority;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** The SVID that the trust bridge issues to itself, for a new key from half-life on. Kept in memory only. */
public final class OwnIdentity implements SvidSource {
    private static final Logger LOG = System.getLogger(OwnIdentity.class.getName());

    private final CertificateAuthority authority;
    private final SpiffeId id;
    private final Duration ttl;
    private final InstantSource clock;
    private final Counters counters;
    private final List<Consumer<Svid>> listeners = new CopyOnWriteArrayList<>();
    private volatile Svid current;

    /** @throws GeneralSecurityException if the CA cannot sign */
    public OwnIdentity(
            CertificateAuthority authority, TrustDomain trustDomain, Duration ttl, InstantSource clock,
            Counters counters) throws GeneralSecurityException {
        this.authority = authority;
        this.id = SpiffeId.of(trustDomain, SystemIdentity.TRUST_BRIDGE);
        this.ttl = ttl;
        this.clock = clock;
        this.counters = counters;
        this.current = issue();
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

    /**
     * Takes a new SVID if half the life of the current one is over.
     *
     * @return true if there is a new one
     */
    public synchronized boolean renewIfDue() throws GeneralSecurityException {
        if (clock.instant().isBefore(current.halfLife())) {
            return false;
        }
        Svid next = issue();
        current = next;
        LOG.log(Level.INFO, "own SVID renewed, until {0}", next.notAfter());
        for (Consumer<Svid> listener : listeners) {
            try {
                listener.accept(next);
            } catch (RuntimeException e) {
                counters.increment("listener_failed");
                LOG.log(Level.ERROR, "a listener failed on the trust bridge's new SVID", e);
            }
        }
        return true;
    }

    private Svid issue() throws GeneralSecurityException {
        KeyPair key = CertificateRequests.newKey();
        return new Svid(id, key.getPrivate(), authority.issue(id, key.getPublic(), ttl));
    }
}
