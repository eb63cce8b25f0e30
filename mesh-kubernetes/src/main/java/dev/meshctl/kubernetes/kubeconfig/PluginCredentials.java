package dev.meshctl.kubernetes.kubeconfig;

import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.ApiFailure;
import dev.meshctl.kubernetes.failure.Cause;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.api.model.ExecConfig;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Credentials from a plugin of the kubeconfig, kept until shortly before they expire.
 *
 * @see <a href="https://kubernetes.io/docs/reference/config-api/client-authentication.v1/">client.authentication.k8s.io</a>
 */
final class PluginCredentials implements OAuthTokenProvider {
    /** Asked again this long before the end. */
    private static final Duration MARGIN = Duration.ofSeconds(30);

    private record Credentials(String token, String certificate, String key, @Nullable Instant expires) {}

    private final String context;
    private final ExecConfig exec;
    private final Path directory;
    private final ContextAccess.Server server;
    private final Map<String, String> variables;
    private @Nullable Credentials current;

    PluginCredentials(String context, ExecConfig exec, Path directory, ContextAccess.Server server,
            Map<String, String> variables) {
        this.context = context;
        this.exec = exec;
        this.directory = directory;
        this.server = server;
        this.variables = variables;
    }

    /** Asks the plugin for the first time. */
    void applyTo(ConfigBuilder builder) {
        Credentials first = fresh();
        if (!first.token().isEmpty()) {
            builder.withOauthTokenProvider(this);
        }
        if (!first.certificate().isEmpty()) {
            builder.withClientCertData(base64(first.certificate())).withClientKeyData(base64(first.key()));
        }
    }

    @Override
    public String getToken() {
        return fresh().token();
    }

    private synchronized Credentials fresh() {
        Credentials known = current;
        Instant expires = known == null ? null : known.expires();
        if (known == null || (expires != null && Instant.now().plus(MARGIN).isAfter(expires))) {
            known = ask();
            current = known;
        }
        return known;
    }

    private Credentials ask() {
        CredentialPlugin plugin = new CredentialPlugin(exec, directory, variables);
        return read(plugin.run(context, info()));
    }

    /** What the plugin is told in {@code KUBERNETES_EXEC_INFO}. */
    private String info() {
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("interactive", false);
        if (Boolean.TRUE.equals(exec.getProvideClusterInfo())) {
            Cluster cluster = server.entry();
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("server", cluster.getServer());
            putIfSet(told, "tls-server-name", cluster.getTlsServerName());
            putIfSet(told, "certificate-authority-data", cluster.getCertificateAuthorityData());
            putIfSet(told, "proxy-url", cluster.getProxyUrl());
            spec.put("cluster", told);
        }
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("apiVersion", exec.getApiVersion());
        info.put("kind", "ExecCredential");
        info.put("spec", spec);
        return Serialization.asJson(info);
    }

    private Credentials read(String output) {
        Map<?, ?> status;
        try {
            status = Serialization.unmarshal(output, Map.class).get("status") instanceof Map<?, ?> map ? map : Map.of();
        } catch (RuntimeException e) {
            // What it printed may hold a token: it must not be told.
            throw failed("credential plugin \"" + exec.getCommand() + "\" printed no ExecCredential in JSON");
        }
        Credentials read = new Credentials(text(status, "token"), text(status, "clientCertificateData"),
                text(status, "clientKeyData"), expires(text(status, "expirationTimestamp")));
        if (read.token().isEmpty() && (read.certificate().isEmpty() || read.key().isEmpty())) {
            throw failed("credential plugin \"" + exec.getCommand() + "\" gave neither a token nor a certificate with its key");
        }
        return read;
    }

    private @Nullable Instant expires(String timestamp) {
        try {
            return timestamp.isEmpty() ? null : Instant.parse(timestamp);
        } catch (DateTimeParseException e) {
            throw failed("credential plugin \"" + exec.getCommand() + "\" gave no time in RFC 3339: " + timestamp);
        }
    }

    private ApiException failed(String why) {
        return new ApiException(new ApiFailure(Cause.CREDENTIAL_PLUGIN, "cannot use context \"" + context + "\"", why,
                "run it by hand and log in: " + exec.getCommand()));
    }

    private static String text(Map<?, ?> map, String key) {
        return map.get(key) instanceof String text ? text : "";
    }

    private static void putIfSet(Map<String, Object> map, String key, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            map.put(key, value);
        }
    }

    // The plugin gives PEM, a kubeconfig holds it in base64.
    private static String base64(String pem) {
        return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
    }
}
