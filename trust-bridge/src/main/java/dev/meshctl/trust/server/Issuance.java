package dev.meshctl.trust.server;

import com.google.protobuf.ByteString;
import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.proto.trust.IssuedSvid;
import dev.meshctl.api.proto.trust.SvidResponse;
import dev.meshctl.trust.authority.CertificateAuthority;
import dev.meshctl.trust.authority.RequestCheck;
import dev.meshctl.trust.bundle.BundleKeeper;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** Issues what has been granted, and remembers the last of it. */
final class Issuance {
    private static final Logger LOG = System.getLogger(Issuance.class.getName());
    private static final int RECENT = 50;

    private final CertificateAuthority authority;
    private final BundleKeeper bundles;
    private final Duration ttl;
    private final Deque<IssuedSvid> recent = new ArrayDeque<>();
    private long issued;

    Issuance(CertificateAuthority authority, BundleKeeper bundles, Duration ttl) {
        this.authority = authority;
        this.bundles = bundles;
        this.ttl = ttl;
    }

    Duration ttl() {
        return ttl;
    }

    SvidResponse issue(RequestCheck.Checked granted) throws GeneralSecurityException {
        List<X509Certificate> chain = authority.issue(granted.id(), granted.publicKey(), ttl);
        SvidResponse.Builder response =
                SvidResponse.newBuilder().setBundles(BundleMessages.set(bundles.version()));
        for (X509Certificate certificate : chain) {
            response.addChain(ByteString.copyFrom(certificate.getEncoded()));
        }
        remember(granted.id(), chain.getFirst());
        return response.build();
    }

    private void remember(SpiffeId id, X509Certificate leaf) {
        String serial = leaf.getSerialNumber().toString(16);
        LOG.log(Level.INFO, "SVID {0} for {1} until {2}", serial, id, leaf.getNotAfter().toInstant());
        IssuedSvid entry = IssuedSvid.newBuilder()
                .setSpiffeId(id.toString())
                .setSerial(serial)
                .setNotAfterEpochSeconds(leaf.getNotAfter().toInstant().getEpochSecond())
                .build();
        synchronized (recent) {
            issued++;
            recent.addFirst(entry);
            if (recent.size() > RECENT) {
                recent.removeLast();
            }
        }
    }

    long issued() {
        synchronized (recent) {
            return issued;
        }
    }

    /** Newest first. */
    List<IssuedSvid> recent() {
        synchronized (recent) {
            return List.copyOf(recent);
        }
    }
}
