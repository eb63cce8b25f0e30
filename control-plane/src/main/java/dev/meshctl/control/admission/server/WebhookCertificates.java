package dev.meshctl.control.admission.server;

import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.identity.Pem;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The certificate of this replica's webhooks, signed by a CA that all replicas share in a Secret. The leader makes the
 * CA and renews it; each replica signs for itself. What is in use stays in use while the API server is away.
 */
final class WebhookCertificates {
    private static final System.Logger LOG = System.getLogger(WebhookCertificates.class.getName());

    private final KubernetesClient client;
    private final Place place;
    private final WebhookConfigurations configurations;
    private final BooleanSupplier leads;
    private final InstantSource clock;
    private final Counters counters;
    private volatile @Nullable Serving serving;

    /**
     * Where things are.
     *
     * @param names that the API server calls the webhooks by
     * @param writesConfigurations also without leading: nobody else writes those of a revision that is not promoted
     */
    record Place(String namespace, String secret, List<String> names, boolean writesConfigurations) {}

    private record Serving(X509Certificate issuer, X509Certificate leaf, SslContext context) {}

    WebhookCertificates(KubernetesClient client, Place place, WebhookConfigurations configurations,
            BooleanSupplier leads, InstantSource clock, Counters counters) {
        this.client = client;
        this.place = place;
        this.configurations = configurations;
        this.leads = leads;
        this.clock = clock;
        this.counters = counters;
    }

    /** What new connections are served with; empty until there is a CA. */
    Optional<SslContext> context() {
        return Optional.ofNullable(serving).map(Serving::context);
    }

    /**
     * Brings all in line with the Secret. Failures are counted and tried again the next time.
     *
     * @return whether nothing is left to do: there is a certificate, and what this replica is to write is written
     */
    boolean look() {
        try {
            Secret secret = client.secrets().inNamespace(place.namespace()).withName(place.secret()).get();
            if (secret == null) {
                counters.increment("webhook_ca_secret_missing");
                LOG.log(System.Logger.Level.WARNING, "Secret {0}/{1} does not exist; install the mesh again",
                        place.namespace(), place.secret());
                return false;
            }
            CaState state = state(secret);
            Optional<CaState> advanced = leads.getAsBoolean() ? state.advanced(clock.instant()) : Optional.empty();
            if (advanced.isPresent()) {
                state = store(secret, advanced.get());
            }
            // The API server is to trust a CA before it is shown anything that the CA has signed.
            boolean writes = leads.getAsBoolean() || place.writesConfigurations();
            boolean trusted = state.current() == null || !writes || configurations.trust(state.bundle());
            serve(state);
            return trusted && serving != null;
        } catch (KubernetesClientException e) {
            counters.increment("webhook_ca_" + ApiFault.of(e).label());
            LOG.log(System.Logger.Level.WARNING, "the CA of the webhooks cannot be read or stored: {0}", e.getMessage());
            return false;
        } catch (GeneralSecurityException | SSLException e) {
            counters.increment("webhook_certificate_failed");
            LOG.log(System.Logger.Level.ERROR, "the certificate of the webhooks cannot be renewed: {0}", e.getMessage());
            return false;
        }
    }

    /** A Secret that cannot be understood is made anew by the leader, as one that is empty. */
    private CaState state(Secret secret) {
        try {
            return CaState.read(Objects.requireNonNullElse(secret.getData(), Map.of()));
        } catch (GeneralSecurityException e) {
            counters.increment("webhook_ca_corrupt");
            LOG.log(System.Logger.Level.WARNING, "Secret {0}/{1} holds no CA of webhooks ({2}); the leader makes a new one",
                    place.namespace(), place.secret(), e.getMessage());
            return CaState.NONE;
        }
    }

    private CaState store(Secret read, CaState state) throws GeneralSecurityException {
        Secret wanted = new SecretBuilder(read).withData(state.data()).build();
        client.secrets().inNamespace(place.namespace()).resource(wanted).update();
        counters.increment("webhook_ca_renewed");
        return state;
    }

    private void serve(CaState state) throws SSLException {
        Authority authority = state.current();
        if (authority == null) {
            return;
        }
        Serving now = serving;
        if (now != null && now.issuer().equals(authority.certificate()) && !isHalfOver(now.leaf())) {
            return;
        }
        Pem.KeyAndChain leaf = authority.issue(place.names(), clock.instant());
        SslContext context = SslContextBuilder.forServer(leaf.key(), leaf.chain())
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .build();
        serving = new Serving(authority.certificate(), leaf.chain().getFirst(), context);
        counters.increment("webhook_certificate_renewed");
    }

    private boolean isHalfOver(X509Certificate leaf) {
        Instant end = leaf.getNotAfter().toInstant();
        Duration left = Duration.between(clock.instant(), end);
        return left.compareTo(Authority.LEAF_LIFE.dividedBy(2)) < 0;
    }
}
