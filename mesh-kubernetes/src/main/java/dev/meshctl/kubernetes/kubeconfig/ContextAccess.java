package dev.meshctl.kubernetes.kubeconfig;

import io.fabric8.kubernetes.api.model.AuthInfo;
import io.fabric8.kubernetes.api.model.Cluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server and a user, as a context names them.
 *
 * @param namespace of the context, may be empty
 */
public record ContextAccess(String context, Server server, User user, String namespace) {
    /** A cluster entry and the directory of its file. */
    record Server(Cluster entry, Path directory) {}

    /** A user entry and the directory of its file. */
    record User(AuthInfo entry, Path directory) {}

    /** The address of the API server. */
    public String url() {
        return server.entry().getServer();
    }

    /** Whether credentials come from a plugin. */
    public boolean usesPlugin() {
        return user.entry().getExec() != null;
    }

    /**
     * The configuration of a client; runs the credential plugin if there is one.
     *
     * @param variables of the environment, for the plugin
     * @throws dev.meshctl.kubernetes.failure.ApiException if the plugin is missing or fails, or a file is missing
     */
    public Config config(Map<String, String> variables) {
        // Nothing of the environment of this process may leak in: it may be about another cluster.
        ConfigBuilder builder = new ConfigBuilder(Config.empty());
        reach(builder);
        identify(builder);
        if (usesPlugin()) {
            PluginCredentials plugin =
                    new PluginCredentials(context, user.entry().getExec(), user.directory(), server, variables);
            plugin.applyTo(builder);
        }
        return builder.build();
    }

    private void reach(ConfigBuilder builder) {
        Cluster cluster = server.entry();
        boolean insecure = Boolean.TRUE.equals(cluster.getInsecureSkipTlsVerify());
        builder.withMasterUrl(cluster.getServer())
                .withTrustCerts(insecure)
                .withDisableHostnameVerification(insecure)
                .withCaCertData(cluster.getCertificateAuthorityData())
                .withCaCertFile(file(cluster.getCertificateAuthority(), server.directory()))
                .withTlsServerName(cluster.getTlsServerName());
        if (!namespace.isEmpty()) {
            builder.withNamespace(namespace);
        }
        String proxy = cluster.getProxyUrl();
        if (proxy != null && !proxy.isEmpty()) {
            builder.withHttpsProxy(proxy).withHttpProxy(proxy);
        }
    }

    private void identify(ConfigBuilder builder) {
        AuthInfo entry = user.entry();
        if (entry.getAuthProvider() != null && entry.getToken() == null) {
            throw Kubeconfig.bad("cannot use context \"" + context + "\"", "its user has an auth-provider (\""
                    + entry.getAuthProvider().getName() + "\"), which Kubernetes gave up with 1.26",
                    "use the credential plugin of the provider (users[].user.exec)", null);
        }
        builder.withClientCertData(entry.getClientCertificateData())
                .withClientCertFile(file(entry.getClientCertificate(), user.directory()))
                .withClientKeyData(entry.getClientKeyData())
                .withClientKeyFile(file(entry.getClientKey(), user.directory()))
                .withUsername(entry.getUsername())
                .withPassword(entry.getPassword())
                .withOauthToken(token(entry));
        if (entry.getAs() != null && !entry.getAs().isEmpty()) {
            builder.withImpersonateUsername(entry.getAs());
            builder.withImpersonateGroups(entry.getAsGroups().toArray(String[]::new));
            builder.withImpersonateExtras(entry.getAsUserExtra());
        }
    }

    // A token file wins over a token, and is read at each start because others renew it.
    private @Nullable String token(AuthInfo entry) {
        String tokenFile = file(entry.getTokenFile(), user.directory());
        if (tokenFile == null) {
            return entry.getToken();
        }
        try {
            return Files.readString(Path.of(tokenFile)).strip();
        } catch (IOException e) {
            throw missing(tokenFile, e);
        }
    }

    private @Nullable String file(@Nullable String path, Path directory) {
        if (path == null || path.isEmpty()) {
            return null;
        }
        Path absolute = directory.resolve(path).normalize();
        if (!Files.isReadable(absolute)) {
            throw missing(absolute.toString(), null);
        }
        return absolute.toString();
    }

    private RuntimeException missing(String path, @Nullable IOException cause) {
        return Kubeconfig.bad("cannot use context \"" + context + "\"", "its file " + path + " cannot be read",
                "ls -l " + path, cause);
    }
}
