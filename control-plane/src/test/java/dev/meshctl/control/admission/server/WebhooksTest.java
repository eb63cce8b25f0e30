package dev.meshctl.control.admission.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.meshctl.api.identity.TrustDomain;
import dev.meshctl.kubernetes.testing.MockApi;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.daemon.DaemonConfig;
import dev.meshctl.runtime.testing.Await;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Collection;
import java.util.Map;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhooks as an API server meets them: trusted by the bundle in their configuration, called by their Service's name. */
class WebhooksTest {
    private static final String NAME = "control-plane.mesh-system.svc";

    @TempDir
    Path directory;

    private final MockApi api = MockApi.crud();
    private final KubernetesClient client = api.client();
    private final Counters counters = new Counters();
    private Webhooks webhooks;

    @BeforeEach
    void start() throws Exception {
        client.secrets().inNamespace("mesh-system").resource(new SecretBuilder().withNewMetadata().withName("webhook-ca")
                .withNamespace("mesh-system").endMetadata().build()).create();
        for (String name : new String[] {"meshctl-injector", "meshctl-injector-promoted"}) {
            client.admissionRegistration().v1().mutatingWebhookConfigurations().resource(
                    new MutatingWebhookConfigurationBuilder().withNewMetadata().withName(name).endMetadata()
                            .addNewWebhook().withName("a.injector.meshctl.dev").withNewClientConfig().endClientConfig().endWebhook()
                            .build()).create();
        }
        client.admissionRegistration().v1().validatingWebhookConfigurations().resource(
                new ValidatingWebhookConfigurationBuilder().withNewMetadata().withName("meshctl-validator").endMetadata()
                        .addNewWebhook().withName("validator.meshctl.dev").withNewClientConfig().endClientConfig().endWebhook()
                        .build()).create();
        Files.writeString(directory.resolve("injection.json"), """
                {"image":"registry.example.org/meshctl:1","imagePullPolicy":"IfNotPresent","cluster":"west",
                 "trustDomain":"west.mesh","trustBridge":"trust-bridge.mesh-system.svc:15013",
                 "controlPlane":"control-plane.mesh-system.svc:15012","bundleConfigMap":"mesh-bundle",
                 "audience":"meshctl.dev/trust-bridge","resources":{"requests":{"cpu":"50m"},"limits":{"memory":"256Mi"}},
                 "excludeInboundPorts":[],"excludeOutboundPorts":["3306"],"excludeOutboundCidrs":[]}
                """);
        DaemonConfig config = new DaemonConfig("west", new TrustDomain("west.mesh"), "control-plane", directory,
                Map.of("webhooks", "127.0.0.1:0"), null, null, directory.resolve("bundle.json"), directory,
                Map.of("namespace", "mesh-system", "injection", directory.resolve("injection.json").toString()));
        webhooks = new Webhooks(config, client, namespace -> Map.of("meshctl.dev/inject", "enabled"), () -> true,
                InstantSource.system(), counters);
        Await.until("there is a certificate", () -> counters.count("webhook_certificate_renewed") == 1);
    }

    @AfterEach
    void stop() {
        webhooks.close();
        api.close();
    }

    private String bundle() {
        return client.admissionRegistration().v1().mutatingWebhookConfigurations().withName("meshctl-injector").get()
                .getWebhooks().getFirst().getClientConfig().getCaBundle();
    }

    private SSLSocket connect(String... protocols) throws Exception {
        Collection<? extends Certificate> trusted = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(Base64.getDecoder().decode(bundle())));
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        for (Certificate certificate : trusted) {
            store.setCertificateEntry("ca" + store.size(), certificate);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        Socket plain = new Socket(webhooks.address().getAddress(), webhooks.address().getPort());
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, NAME, webhooks.address().getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setServerNames(java.util.List.of(new SNIHostName(NAME)));
        parameters.setProtocols(protocols);
        socket.setSSLParameters(parameters);
        socket.setSoTimeout((int) (Await.SECONDS * 1000));
        return socket;
    }

    private String call(String head, byte[] body) throws Exception {
        try (SSLSocket socket = connect("TLSv1.3", "TLSv1.2")) {
            OutputStream out = socket.getOutputStream();
            out.write((head + " HTTP/1.1\r\nHost: " + NAME + "\r\nConnection: close\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body);
            out.flush();
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void configurations_that_are_made_after_the_control_plane_is_ready_trust_it_within_seconds() throws Exception {
        client.admissionRegistration().v1().mutatingWebhookConfigurations().withName("meshctl-injector").delete();
        webhooks.lookNow();
        Await.until("it is missed", () -> counters.count("webhook_configuration_missing") > 0);

        client.admissionRegistration().v1().mutatingWebhookConfigurations().resource(
                new MutatingWebhookConfigurationBuilder().withNewMetadata().withName("meshctl-injector").endMetadata()
                        .addNewWebhook().withName("a.injector.meshctl.dev").withNewClientConfig().endClientConfig().endWebhook()
                        .build()).create();

        Await.until("it has the bundle", () -> bundle() != null);
    }

    private static byte[] review(String kind, String object) {
        return """
                {"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1","kind":%s,
                 "operation":"CREATE","namespace":"shop","name":"x","object":%s}}""".formatted(kind, object)
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void a_new_pod_is_injected_through_a_connection_that_the_written_bundle_verifies() throws Exception {
        String answer = call("POST /inject?timeout=10s", review("{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}", """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"shop"},
                 "spec":{"containers":[{"name":"app","image":"app:1"}]}}"""));

        assertThat(answer).startsWith("HTTP/1.1 200").contains("\"allowed\":true").contains("\"patchType\":\"JSONPatch\"");
        assertThat(counters.count("injected")).isEqualTo(1);
    }

    @Test
    void an_object_that_is_broken_is_refused_with_the_path() throws Exception {
        String answer = call("POST /validate", review(
                "{\"group\":\"meshctl.dev\",\"version\":\"v1alpha1\",\"kind\":\"TrafficShift\"}", """
                {"apiVersion":"meshctl.dev/v1alpha1","kind":"TrafficShift","metadata":{"name":"x","namespace":"shop"},
                 "spec":{"service":"payments","from":"v1","to":"v1","steps":[10]}}"""));

        assertThat(answer).startsWith("HTTP/1.1 200").contains("\"allowed\":false").contains("spec.to");
    }

    @Test
    void what_is_no_review_is_answered_400_and_counted() throws Exception {
        assertThat(call("POST /inject", "{".getBytes(StandardCharsets.US_ASCII))).startsWith("HTTP/1.1 400");
        assertThat(call("GET /inject", new byte[0])).startsWith("HTTP/1.1 405");
        assertThat(call("POST /other", new byte[0])).startsWith("HTTP/1.1 404");

        assertThat(counters.snapshot()).containsEntry("review_no_json", 1L)
                .containsEntry("webhook_other_method", 1L).containsEntry("webhook_unknown_path", 1L);
    }

    @Test
    void a_body_above_the_limit_is_refused_before_it_is_read() throws Exception {
        try (SSLSocket socket = connect("TLSv1.2")) {
            socket.getOutputStream().write(("POST /inject HTTP/1.1\r\nHost: x\r\nContent-Length: "
                    + (WebhookServer.MAX_BODY_BYTES + 1L) + "\r\nExpect: 100-continue\r\n\r\n").getBytes(StandardCharsets.US_ASCII));

            byte[] start = socket.getInputStream().readNBytes("HTTP/1.1 413".length());

            assertThat(new String(start, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 413");
            assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
        }
    }

    @Test
    void all_configurations_trust_the_same_ca_and_the_secret_keeps_it() throws Exception {
        String promoted = client.admissionRegistration().v1().mutatingWebhookConfigurations().withName("meshctl-injector-promoted")
                .get().getWebhooks().getFirst().getClientConfig().getCaBundle();
        String validator = client.admissionRegistration().v1().validatingWebhookConfigurations().withName("meshctl-validator")
                .get().getWebhooks().getFirst().getClientConfig().getCaBundle();

        assertThat(bundle()).isNotEmpty().isEqualTo(promoted).isEqualTo(validator)
                .isEqualTo(CaState.read(client.secrets().inNamespace("mesh-system").withName("webhook-ca").get().getData()).bundle());
        assertThat(counters.count("webhook_bundle_written")).isEqualTo(3);
    }
}
