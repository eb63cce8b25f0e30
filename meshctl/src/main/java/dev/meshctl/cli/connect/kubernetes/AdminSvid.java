package dev.meshctl.cli.connect.kubernetes;

import dev.meshctl.api.identity.SpiffeId;
import dev.meshctl.api.identity.SystemIdentity;
import dev.meshctl.cli.CliError;
import dev.meshctl.cli.fleet.Cluster;
import dev.meshctl.cli.install.kubernetes.render.Installed;
import dev.meshctl.cli.platform.kubernetes.ApiServers;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.runtime.attest.IdentityException;
import dev.meshctl.runtime.attest.IssuedSvid;
import dev.meshctl.runtime.attest.SvidKeystore;
import dev.meshctl.runtime.attest.TrustBridgeClient;
import dev.meshctl.runtime.bundle.BundleSource;
import dev.meshctl.runtime.file.PrivateDirectory;
import dev.meshctl.runtime.identity.CertificateRequests;
import dev.meshctl.runtime.identity.Svid;
import dev.meshctl.runtime.identity.SvidSource;
import dev.meshctl.runtime.tls.PeerRejected;
import dev.meshctl.runtime.tls.SpiffeTrustManager;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The admin identity in a cluster on Kubernetes. The API server vouches for the caller with a token of the mesh's
 * admin service account; the trust bridge gives a short-lived SVID for that and for a key made here. The SVID is kept
 * in a file of its owner (0600) and used until half of its life, then asked for anew.
 */
final class AdminSvid implements SvidSource {
    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
    /** The least that an API server gives. */
    private static final long TOKEN_LIFE_SECONDS = 600;

    private final KubernetesClient client;
    private final Cluster cluster;
    private final BundleSource bundles;
    private final PodForward trustBridge;
    private final SvidKeystore keystore;
    private final SpiffeId id;
    private @Nullable Svid current;

    AdminSvid(KubernetesClient client, Cluster cluster, BundleSource bundles, PodForward trustBridge) {
        this.client = client;
        this.cluster = cluster;
        this.bundles = bundles;
        this.trustBridge = trustBridge;
        this.keystore = new SvidKeystore(cluster.directory().resolve("admin.pem"));
        this.id = SpiffeId.of(cluster.trustDomain(), SystemIdentity.ADMIN);
    }

    @Override
    public synchronized Svid current() {
        Svid known = current;
        if (known == null) {
            known = kept().orElse(null);
        }
        if (known == null || !Instant.now().isBefore(known.halfLife())) {
            known = attest();
        }
        current = known;
        return known;
    }

    // Each connection asks for the current one; nobody waits for word of another.
    @Override
    public Subscription onChange(Consumer<Svid> listener) {
        return () -> {};
    }

    // A mesh that was installed anew has another CA: what is kept of the old one is worth nothing.
    private Optional<Svid> kept() {
        try {
            return keystore.load().filter(svid -> svid.id().equals(id) && isOfThisMesh(svid));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean isOfThisMesh(Svid svid) {
        try {
            return new SpiffeTrustManager(bundles, InstantSource.system())
                    .verify(svid.chain().toArray(X509Certificate[]::new)).equals(id);
        } catch (PeerRejected e) {
            return false;
        }
    }

    private Svid attest() {
        KeyPair key = CertificateRequests.newKey();
        String token = token();
        try (TrustBridgeClient bridge = new TrustBridgeClient(trustBridge.address(), cluster.trustDomain(), bundles)) {
            Svid svid = IssuedSvid.of(id, key,
                    bridge.attest(token, CertificateRequests.create(id, key), CALL_TIMEOUT));
            keep(svid);
            return svid;
        } catch (IdentityException e) {
            String trouble = trustBridge.trouble();
            throw CliError.failed("cannot get an admin identity").at("cluster " + cluster.name() + ", trust bridge")
                    .because(trouble.isEmpty() ? String.valueOf(e.getMessage()) : trouble).next("meshctl status --cluster " + cluster.name()).from(e);
        }
    }

    private String token() {
        TokenRequest request = new TokenRequestBuilder().withNewSpec().withAudiences(Installed.AUDIENCE)
                .withExpirationSeconds(TOKEN_LIFE_SECONDS).endSpec().build();
        try {
            TokenRequest answer = client.serviceAccounts().inNamespace(Installed.NAMESPACE)
                    .withName(Installed.ADMIN_ACCOUNT).tokenRequest(request);
            String token = answer.getStatus() == null ? null : answer.getStatus().getToken();
            if (token == null || token.isEmpty()) {
                throw CliError.failed("cannot get an admin identity").at("cluster " + cluster.name())
                        .because("the API server gave no token of service account " + Installed.ADMIN_ACCOUNT)
                        .next("meshctl status --cluster " + cluster.name());
            }
            return token;
        } catch (KubernetesClientException e) {
            ApiFailure failure = ApiFailure.of(e, "get an admin identity");
            CliError error = ApiServers.inWords(failure, "cluster " + cluster.name()).from(e);
            throw failure.cause() == Cause.NOT_FOUND
                    ? error.because("there is no service account " + Installed.NAMESPACE + "/" + Installed.ADMIN_ACCOUNT)
                            .next("meshctl install --cluster " + cluster.name())
                    : error;
        }
    }

    private void keep(Svid svid) {
        try {
            PrivateDirectory.create(cluster.directory());
            keystore.store(svid);
        } catch (IOException e) {
            throw CliError.failed("cannot keep the admin identity").at(keystore.file().toString())
                    .because(String.valueOf(e.getMessage())).next("ls -ld " + cluster.directory()).from(e);
        }
    }
}
