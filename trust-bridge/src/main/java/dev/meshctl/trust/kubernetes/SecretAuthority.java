package dev.meshctl.trust.kubernetes;

import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.failure.ApiFault;
import dev.meshctl.runtime.daemon.Counters;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.identity.Pem;
import dev.meshctl.trust.authority.AuthorityKeys;
import dev.meshctl.trust.authority.AuthorityStore;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The CA's keys in a Secret that the installation has made empty, all replicas' one. Each write carries the version
 * that was read, so the first of several writers wins and the others take over what it wrote.
 *
 * <p>At the start the files that the kubelet has mounted from the Secret stand in for it: a container that is started
 * again while the API server is away goes on signing.
 */
final class SecretAuthority implements AuthorityStore {
    private static final Logger LOG = System.getLogger(SecretAuthority.class.getName());
    private static final int MAX_BYTES = 64 * 1024;
    private static final int ATTEMPTS = 5;

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final Path mounted;
    private final Counters counters;
    private boolean started;
    private boolean stoodIn;

    /** @param mounted where the Secret is mounted; may be missing */
    SecretAuthority(KubernetesClient client, String namespace, String name, Path mounted, Counters counters) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.mounted = mounted;
        this.counters = counters;
    }

    /** That the CA is open: from now on the Secret alone says what is new. */
    synchronized void started() {
        started = true;
    }

    @Override
    public synchronized Optional<AuthorityKeys> read() throws IOException {
        try {
            return keysOf(get());
        } catch (ApiCallFailed e) {
            Map<String, byte[]> files = started ? Map.of() : mountedFiles();
            if (files.size() < 2) {
                throw e;
            }
            if (!stoodIn) {
                counters.increment("ca_from_mounted_files");
                LOG.log(Level.WARNING, "{0}; the CA is taken from {1}", e.getMessage(), mounted);
            }
            stoodIn = true;
            return keys(files);
        }
    }

    @Override
    public AuthorityKeys create(AuthorityKeys keys) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Secret secret = get();
            Optional<AuthorityKeys> kept = keysOf(secret);
            if (kept.isPresent()) {
                counters.increment("ca_made_by_another_replica");
                return kept.get();
            }
            if (write(secret, Map.of(AuthorityKeys.ROOT, keys.root(), AuthorityKeys.ISSUING, keys.issuing()), attempt)) {
                return keys;
            }
        }
    }

    @Override
    public AuthorityKeys replaceIssuing(AuthorityKeys known, Pem.KeyAndChain issuing) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Secret secret = get();
            AuthorityKeys kept = keysOf(secret).orElseThrow(this::missing);
            if (!kept.issuingCertificate().equals(known.issuingCertificate())) {
                counters.increment("issuing_key_of_another_replica");
                return kept;
            }
            if (write(secret, Map.of(AuthorityKeys.ISSUING, issuing), attempt)) {
                return new AuthorityKeys(kept.root(), issuing);
            }
        }
    }

    @Override
    public IOException missing() {
        return new IOException(object() + " is empty though the mesh had a CA before; put " + AuthorityKeys.ROOT + " and "
                + AuthorityKeys.ISSUING + " back from a backup; a new root is never made over an old one, since every"
                + " linked mesh trusts the old one. If there is no backup, empty the ConfigMap with the mesh's bundle"
                + " for a new one, and link the meshes again");
    }

    @Override
    public IOException corrupt(String part, String why) {
        return new IOException(object() + ": its " + part + " cannot be used: " + why
                + "; put it back from a backup");
    }

    private Secret get() throws IOException {
        Secret secret = ApiCallFailed.call("get " + object(),
                () -> client.secrets().inNamespace(namespace).withName(name).get());
        if (secret == null) {
            throw new IOException(object() + " does not exist; the installation makes it, install the mesh again");
        }
        return secret;
    }

    /** False if another writer was faster. */
    private boolean write(Secret secret, Map<String, Pem.KeyAndChain> parts, int attempt) throws IOException {
        Map<String, String> data = new HashMap<>(secret.getData() == null ? Map.of() : secret.getData());
        for (Map.Entry<String, Pem.KeyAndChain> part : parts.entrySet()) {
            data.put(part.getKey(), Base64.getEncoder().encodeToString(pem(part.getValue())));
        }
        Secret next = new SecretBuilder(secret).withData(data).build();
        try {
            ApiCallFailed.call("update " + object(),
                    () -> client.secrets().inNamespace(namespace).resource(next).update());
            return true;
        } catch (ApiCallFailed e) {
            if (e.fault() != ApiFault.CONFLICT || attempt == ATTEMPTS) {
                throw e;
            }
            counters.increment("ca_secret_conflict");
            return false;
        }
    }

    private static byte[] pem(Pem.KeyAndChain part) throws IOException {
        try {
            return Pem.write(part.key(), part.chain());
        } catch (GeneralSecurityException e) {
            throw new IOException("a key of the CA has no encoded form: " + e.getMessage(), e);
        }
    }

    private Optional<AuthorityKeys> keysOf(Secret secret) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String part : new String[] {AuthorityKeys.ROOT, AuthorityKeys.ISSUING}) {
            String base64 = secret.getData() == null ? null : secret.getData().get(part);
            if (base64 != null && !base64.isBlank()) {
                files.put(part, decoded(part, base64));
            }
        }
        return keys(files);
    }

    private byte[] decoded(String part, String base64) throws IOException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw corrupt(part, "it is not base64");
        }
    }

    private Optional<AuthorityKeys> keys(Map<String, byte[]> files) throws IOException {
        return files.isEmpty() ? Optional.empty()
                : Optional.of(new AuthorityKeys(key(files, AuthorityKeys.ROOT), key(files, AuthorityKeys.ISSUING)));
    }

    private Pem.KeyAndChain key(Map<String, byte[]> files, String part) throws IOException {
        byte @Nullable [] pem = files.get(part);
        if (pem == null) {
            throw corrupt(part, "it is missing");
        }
        try {
            return Pem.read(pem);
        } catch (GeneralSecurityException e) {
            throw corrupt(part, String.valueOf(e.getMessage()));
        }
    }

    private Map<String, byte[]> mountedFiles() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (String part : new String[] {AuthorityKeys.ROOT, AuthorityKeys.ISSUING}) {
            DurableFile.read(mounted.resolve(part), MAX_BYTES).ifPresent(content -> files.put(part, content));
        }
        return files;
    }

    private String object() {
        return "Secret " + namespace + "/" + name;
    }
}
