package dev.meshctl.trust.authority;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Pem;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The CA of one mesh: a root (10 years) that signs issuing keys (1 year, replaced from half-life), which sign
 * SVIDs. All keys are ECDSA P-256 and never leave this object but for the store that keeps them.
 */
public final class CertificateAuthority {
    private static final Logger LOG = System.getLogger(CertificateAuthority.class.getName());
    private static final Duration REFRESH_HINT = Duration.ofMinutes(5);

    private final TrustDomain trustDomain;
    private final InstantSource clock;
    private final AuthorityStore store;
    private final CredentialTemplate template;
    private volatile AuthorityKeys keys;

    private CertificateAuthority(
            TrustDomain trustDomain, InstantSource clock, AuthorityStore store, CredentialTemplate template,
            AuthorityKeys keys) {
        this.trustDomain = trustDomain;
        this.clock = clock;
        this.store = store;
        this.template = template;
        this.keys = keys;
    }

    /**
     * Opens the CA under the directory, or makes it there.
     *
     * @param mayCreate false when there are traces of an earlier CA: then a missing one is an error
     * @throws IOException as the other form
     */
    public static CertificateAuthority open(
            Path dataDir, TrustDomain trustDomain, InstantSource clock, SecureRandom random, boolean mayCreate)
            throws IOException {
        return open(new AuthorityFiles(dataDir), trustDomain, clock, random, mayCreate);
    }

    /**
     * Opens the CA that the store keeps, or makes it there.
     *
     * @param mayCreate false when there are traces of an earlier CA: then a missing one is an error
     * @throws IOException if a part of it is missing, broken, or of another trust domain, or the store cannot be
     *     read or written
     */
    public static CertificateAuthority open(
            AuthorityStore store, TrustDomain trustDomain, InstantSource clock, SecureRandom random,
            boolean mayCreate) throws IOException {
        CredentialTemplate template = new CredentialTemplate(trustDomain, random);
        try {
            Optional<AuthorityKeys> kept = store.read();
            if (kept.isEmpty() && !mayCreate) {
                throw store.missing();
            }
            AuthorityKeys keys = kept.isPresent() ? kept.get() : create(store, template, trustDomain, clock.instant());
            requireWhole(store, trustDomain, keys);
            return new CertificateAuthority(trustDomain, clock, store, template, keys);
        } catch (GeneralSecurityException e) {
            throw new IOException("the CA of " + trustDomain + " cannot be opened: " + e.getMessage(), e);
        }
    }

    /**
     * Issues the chain of an SVID: leaf and issuing certificate. Whether the requester may have it has been
     * decided before.
     *
     * @param ttl the leaf ends then, or with the issuing certificate if that is sooner
     * @throws GeneralSecurityException if the CA is past its end or cannot sign
     */
    public List<X509Certificate> issue(SpiffeId id, PublicKey publicKey, Duration ttl)
            throws GeneralSecurityException {
        if (!id.trustDomain().equals(trustDomain)) {
            throw new GeneralSecurityException(id + " is not of this CA's trust domain " + trustDomain);
        }
        Instant now = clock.instant();
        Pem.KeyAndChain signer = keys.issuing();
        X509Certificate certificate = signer.chain().getFirst();
        if (!now.isBefore(certificate.getNotAfter().toInstant())) {
            throw new GeneralSecurityException("the issuing certificate of " + trustDomain + " ended at "
                    + certificate.getNotAfter().toInstant() + "; rotate the CA");
        }
        return List.of(template.svid(id, publicKey, ttl, certificate, signer.key(), now), certificate);
    }

    /** The bundle of the own trust domain: the root. */
    public TrustBundle bundle() {
        return new TrustBundle(trustDomain, keys.root().chain(), 1, REFRESH_HINT);
    }

    /** The root's certificate. */
    public X509Certificate rootCertificate() {
        return keys.rootCertificate();
    }

    /** The certificate of the key that signs now. */
    public X509Certificate issuingCertificate() {
        return keys.issuingCertificate();
    }

    /**
     * Replaces the issuing key if half its life is over. SVIDs that the old one signed stay valid, since they
     * carry its certificate and end before it.
     *
     * @return true if it was replaced
     */
    public synchronized boolean rotateIssuingIfDue() throws IOException {
        X509Certificate now = issuingCertificate();
        Instant start = now.getNotBefore().toInstant();
        Instant due = start.plus(Duration.between(start, now.getNotAfter().toInstant()).dividedBy(2));
        Instant rootEnd = rootCertificate().getNotAfter().toInstant();
        boolean boundByRoot = !now.getNotAfter().toInstant().isBefore(rootEnd);
        if (clock.instant().isBefore(due) || boundByRoot) {
            return false;
        }
        try {
            Pem.KeyAndChain next = newIssuing(template, keys.root(), clock.instant());
            adopt(store.replaceIssuing(keys, next));
            return true;
        } catch (GeneralSecurityException e) {
            throw new IOException("no new issuing key of " + trustDomain + ": " + e.getMessage(), e);
        }
    }

    /**
     * Takes over the issuing key that another process has put into the store.
     *
     * @return true if there is a new one
     * @throws IOException if the store cannot be read, or holds what this CA cannot go on with; it goes on with what
     *     it has then
     */
    public synchronized boolean refresh() throws IOException {
        AuthorityKeys kept = store.read().orElseThrow(store::missing);
        if (kept.issuingCertificate().equals(issuingCertificate())) {
            return false;
        }
        adopt(kept);
        return true;
    }

    private void adopt(AuthorityKeys next) throws IOException {
        requireWhole(store, trustDomain, next);
        if (!next.rootCertificate().equals(rootCertificate())) {
            throw store.corrupt(AuthorityKeys.ROOT, "it is another root than the one this process signs under");
        }
        keys = next;
        LOG.log(Level.INFO, "new issuing key of {0}, until {1}",
                trustDomain, next.issuingCertificate().getNotAfter().toInstant());
    }

    private static AuthorityKeys create(
            AuthorityStore store, CredentialTemplate template, TrustDomain trustDomain, Instant now)
            throws IOException, GeneralSecurityException {
        KeyPair rootKey = CertificateRequests.newKey();
        Pem.KeyAndChain root = new Pem.KeyAndChain(
                rootKey.getPrivate(), List.of(template.root(rootKey.getPublic(), rootKey.getPrivate(), now)));
        AuthorityKeys kept = store.create(new AuthorityKeys(root, newIssuing(template, root, now)));
        LOG.log(Level.INFO, "new CA of {0}, root until {1}", trustDomain, kept.rootCertificate().getNotAfter().toInstant());
        return kept;
    }

    private static Pem.KeyAndChain newIssuing(CredentialTemplate template, Pem.KeyAndChain root, Instant now)
            throws GeneralSecurityException {
        KeyPair key = CertificateRequests.newKey();
        return new Pem.KeyAndChain(
                key.getPrivate(),
                List.of(template.issuing(key.getPublic(), root.chain().getFirst(), root.key(), now)));
    }

    private static void requireWhole(AuthorityStore store, TrustDomain trustDomain, AuthorityKeys keys)
            throws IOException {
        String uri = "spiffe://" + trustDomain;
        X509Certificate root = keys.rootCertificate();
        try {
            boolean own = root.getSubjectAlternativeNames() != null
                    && root.getSubjectAlternativeNames().stream().anyMatch(name -> uri.equals(name.get(1)));
            if (!own) {
                throw store.corrupt(AuthorityKeys.ROOT, "it is not the root of " + trustDomain);
            }
            keys.issuingCertificate().verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw store.corrupt(AuthorityKeys.ISSUING, "it is not signed by the root: " + e.getMessage());
        }
    }

    /** Names the trust domain; never a key. */
    @Override
    public String toString() {
        return "CertificateAuthority[" + trustDomain + "]";
    }
}
