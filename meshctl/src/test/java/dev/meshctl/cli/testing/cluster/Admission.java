package dev.meshctl.cli.testing.cluster;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Asks the webhooks that are configured, at their Services, over TLS that is checked by their CA bundle. */
final class Admission {
    private static final String GROUP = ".admissionregistration.k8s.io";
    /** So much longer than configured it waits, since all of a cluster shares the processors of one machine here. */
    private static final int PATIENCE = 6;

    private final Store store;
    private final List<String> failures = new CopyOnWriteArrayList<>();

    Admission(Store store) {
        this.store = store;
    }

    /** Calls that got no answer. */
    List<String> failures() {
        return failures;
    }

    /** What mutating webhooks make of an object that is about to be written. */
    ObjectNode mutate(ResourcePath path, String operation, ObjectNode object, @Nullable ObjectNode old) {
        ObjectNode result = object;
        for (ObjectNode configuration : store.list("mutatingwebhookconfigurations" + GROUP, "")) {
            for (JsonNode webhook : configuration.path("webhooks")) {
                if (concerns(webhook, path, operation, result)) {
                    JsonNode response = ask(webhook, path, operation, result, old);
                    if (response.has("patch")) {
                        byte[] patch = Base64.getDecoder().decode(response.path("patch").asString(""));
                        result = JsonPatch.apply(result, Store.JSON.readTree(patch));
                    }
                }
            }
        }
        return result;
    }

    /** @throws Refused what a validating webhook says against it */
    void validate(ResourcePath path, String operation, ObjectNode object, @Nullable ObjectNode old) {
        for (ObjectNode configuration : store.list("validatingwebhookconfigurations" + GROUP, "")) {
            for (JsonNode webhook : configuration.path("webhooks")) {
                if (concerns(webhook, path, operation, object)) {
                    ask(webhook, path, operation, object, old);
                }
            }
        }
    }

    private boolean concerns(JsonNode webhook, ResourcePath path, String operation, ObjectNode object) {
        boolean ruled = false;
        String resource = path.subresource().isEmpty() ? path.resource() : path.resource() + "/" + path.subresource();
        for (JsonNode rule : webhook.path("rules")) {
            ruled |= has(rule.path("apiGroups"), path.group()) && has(rule.path("operations"), operation)
                    && has(rule.path("resources"), resource);
        }
        if (!ruled || !Selector.matches(webhook.path("objectSelector"), object.path("metadata").path("labels"))) {
            return false;
        }
        return path.namespace().isEmpty() || store.find("namespaces", "", path.namespace())
                .filter(namespace -> Selector.matches(webhook.path("namespaceSelector"), namespace.path("metadata").path("labels")))
                .isPresent();
    }

    private static boolean has(JsonNode list, String wanted) {
        for (JsonNode item : list) {
            if (item.asString("").equals(wanted) || item.asString("").equals("*")) {
                return true;
            }
        }
        return false;
    }

    private JsonNode ask(JsonNode webhook, ResourcePath path, String operation, ObjectNode object, @Nullable ObjectNode old) {
        String name = webhook.path("name").asString("");
        JsonNode response;
        try {
            response = send(webhook, review(path, operation, object, old)).path("response");
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            failures.add(name + ": " + e);
            if (webhook.path("failurePolicy").asString("Fail").equals("Ignore")) {
                return Store.JSON.createObjectNode();
            }
            throw new Refused(500, "InternalError", "failed calling webhook \"" + name + "\": " + e.getMessage());
        }
        if (!response.path("allowed").asBoolean(false)) {
            throw new Refused(response.path("status").path("code").asInt(403), "Forbidden", "admission webhook \"" + name
                    + "\" denied the request: " + response.path("status").path("message").asString(""));
        }
        return response;
    }

    private static ObjectNode review(ResourcePath path, String operation, ObjectNode object, @Nullable ObjectNode old) {
        ObjectNode review = Store.JSON.createObjectNode().put("apiVersion", "admission.k8s.io/v1").put("kind", "AdmissionReview");
        ObjectNode request = review.putObject("request").put("uid", UUID.randomUUID().toString()).put("operation", operation)
                .put("namespace", path.namespace()).put("name", path.name());
        request.putObject("kind").put("group", path.group()).put("version", path.version())
                .put("kind", object.path("kind").asString(""));
        request.putObject("resource").put("group", path.group()).put("version", path.version()).put("resource", path.resource());
        request.putObject("userInfo").put("username", "someone");
        request.set("object", object);
        if (old != null) {
            request.set("oldObject", old);
        }
        return review;
    }

    private JsonNode send(JsonNode webhook, ObjectNode review) throws IOException, GeneralSecurityException {
        JsonNode service = webhook.path("clientConfig").path("service");
        String name = service.path("name").asString("");
        String namespace = service.path("namespace").asString("");
        String host = name + "." + namespace + ".svc";
        String address = store.find("services", namespace, name).orElseThrow(() -> new IOException("service " + host + " not found"))
                .path("spec").path("clusterIP").asString("");
        int timeoutMillis = webhook.path("timeoutSeconds").asInt(10) * 1000 * PATIENCE;
        int port = service.path("port").asInt(443);
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(address, port), timeoutMillis);
            plain.setSoTimeout(timeoutMillis);
            try (SSLSocket socket = (SSLSocket) trusting(webhook.path("clientConfig").path("caBundle").asString(""))
                    .getSocketFactory().createSocket(plain, host, port, true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                return exchange(socket, host, service.path("path").asString("/"), review);
            }
        }
    }

    private static JsonNode exchange(SSLSocket socket, String host, String path, ObjectNode review) throws IOException {
        byte[] body = review.toString().getBytes(StandardCharsets.UTF_8);
        socket.getOutputStream().write(("POST " + path + "?timeout=10s HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\n"
                + "Connection: close\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        socket.getOutputStream().flush();
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!answer.startsWith("HTTP/1.1 200")) {
            throw new IOException("the webhook answered " + answer.lines().findFirst().orElse("nothing"));
        }
        return Store.JSON.readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    }

    private static SSLContext trusting(String caBundle) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        int i = 0;
        for (Certificate certificate : CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(Base64.getDecoder().decode(caBundle)))) {
            trusted.setCertificateEntry("ca" + i++, certificate);
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }
}
