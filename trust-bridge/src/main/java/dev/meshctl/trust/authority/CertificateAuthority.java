package dev.meshctl.trust.authority;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.runtime.bundle.TrustBundle;
import dev.meshctl.runtime.file.CorruptFileException;
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

/**
 * The CA of one mesh: a root (10 years) that signs issuing keys (1 year, replaced from half-life), which sign
 * SVIDs. All keys are ECDSA P-256 and never leave this object but for their 0600 files.
 */
public final class CertificateAuthority {
    private static final Logger LOG = System.getLogger(CertificateAuthority.class.getName());
    private static final Duration REFRESH_HINT = Duration.ofMinutes(5);

    private final TrustDomain trustDomain;
    private final InstantSource clock;
    private final AuthorityFiles files;
    private final CredentialTemplate template;
    private final Pem.KeyAndChain root;
    private volatile Pem.KeyAndChain issuing;

    private CertificateAuthority(
            TrustDomain trustDomain, InstantSource clock, AuthorityFiles files, CredentialTemplate template,
            Pem.KeyAndChain root, Pem.KeyAndChain issuing) {
        this.trustDomain = trustDomain;
        this.clock = clock;
        this.files = files;
        this.template = template;
        this.root = root;
        this.issuing = issuing;
    }

    /**
     * Opens the CA under the directory, or makes it there.
     *
     * @param mayCreate false when there are traces of an earlier CA: then a missing one is an error
     * @throws CorruptFileException if a part of it is missing, broken, or of another trust domain
     * @throws IOException if it cannot be read or written
     */
    public static CertificateAuthority open(
            Path dataDir, TrustDomain trustDomain, InstantSource clock, SecureRandom random, boolean mayCreate)
            throws IOException {
        AuthorityFiles files = new AuthorityFiles(dataDir);
        CredentialTemplate template = new CredentialTemplate(trustDomain, random);
        try {
            if (!files.exist()) {
                if (!mayCreate) {
                    throw AuthorityFiles.corrupt(files.directory(), "it is missing though the mesh had a CA before");
                }
                return create(files, template, trustDomain, clock);
            }
            Pem.KeyAndChain root = files.root();
            Pem.KeyAndChain issuing = files.issuing();
            requireWhole(files, trustDomain, root, issuing);
            return new CertificateAuthority(trustDomain, clock, files, template, root, issuing);
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
        Pem.KeyAndChain signer = issuing;
        X509Certificate certificate = signer.chain().getFirst();
        if (!now.isBefore(certificate.getNotAfter().toInstant())) {
            throw new GeneralSecurityException("the issuing certificate of " + trustDomain + " ended at "
                    + certificate.getNotAfter().toInstant() + "; rotate the CA");
        }
        return List.of(template.svid(id, publicKey, ttl, certificate, signer.key(), now), certificate);
    }

    /** The bundle of the own trust domain: the root. */
    public TrustBundle bundle() {
        return new TrustBundle(trustDomain, root.chain(), 1, REFRESH_HINT);
    }

    /** The root's certificate. */
    public X509Certificate rootCertificate() {
        return root.chain().getFirst();
    }

    /** The certificate of the key that signs now. */
    public X509Certificate issuingCertificate() {
        return issuing.chain().getFirst();
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
            Pem.KeyAndChain next = newIssuing(template, root, clock.instant());
            files.replaceIssuing(next);
            issuing = next;
            LOG.log(Level.INFO, "new issuing key of {0}, until {1}",
                    trustDomain, next.chain().getFirst().getNotAfter().toInstant());
            return true;
        } catch (GeneralSecurityException e) {
            throw new IOException("no new issuing key of " + trustDomain + ": " + e.getMessage(), e);
        }
    }

    private static CertificateAuthority create(
            AuthorityFiles files, CredentialTemplate template, TrustDomain trustDomain, InstantSource clock)
            throws IOException, GeneralSecurityException {
        Instant now = clock.instant();
        KeyPair rootKey = CertificateRequests.newKey();
        Pem.KeyAndChain root = new Pem.KeyAndChain(
                rootKey.getPrivate(), List.of(template.root(rootKey.getPublic(), rootKey.getPrivate(), now)));
        Pem.KeyAndChain issuing = newIssuing(template, root, now);
        files.create(root, issuing);
        LOG.log(Level.INFO, "new CA of {0}, root until {1}",
                trustDomain, root.chain().getFirst().getNotAfter().toInstant());
        return new CertificateAuthority(trustDomain, clock, files, template, root, issuing);
    }

    private static Pem.KeyAndChain newIssuing(CredentialTemplate template, Pem.KeyAndChain root, Instant now)
            throws GeneralSecurityException {
        KeyPair key = CertificateRequests.newKey();
        return new Pem.KeyAndChain(
                key.getPrivate(),
                List.of(template.issuing(key.getPublic(), root.chain().getFirst(), root.key(), now)));
    }

    private static void requireWhole(
            AuthorityFiles files, TrustDomain trustDomain, Pem.KeyAndChain root, Pem.KeyAndChain issuing)
            throws CorruptFileException {
        String uri = "spiffe://" + trustDomain;
        try {
            boolean own = root.chain().getFirst().getSubjectAlternativeNames() != null
                    && root.chain().getFirst().getSubjectAlternativeNames().stream()
                            .anyMatch(name -> uri.equals(name.get(1)));
            if (!own) {
                throw AuthorityFiles.corrupt(
                        files.directory().resolve("root.pem"), "it is not the root of " + trustDomain);
            }
            issuing.chain().getFirst().verify(root.chain().getFirst().getPublicKey());
        } catch (GeneralSecurityException e) {
            throw AuthorityFiles.corrupt(
                    files.directory().resolve("issuing.pem"), "it is not signed by the root: " + e.getMessage());
        }
    }

    /** Names the trust domain; never a key. */
    @Override
    public String toString() {
        return "CertificateAuthority[" + trustDomain + "]";
    }
}
