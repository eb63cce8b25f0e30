package dev.meshctl.control.platform;

import dev.meshctl.control.federation.BrokenRecord;
import dev.meshctl.control.federation.LinkRecords;
import dev.meshctl.kubernetes.failure.ApiCallFailed;
import dev.meshctl.kubernetes.failure.ApiFault;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Records in a Secret that the installation makes, so that they survive a change of the leader. Each write is for the
 * version that was read.
 */
final class SecretRecords implements LinkRecords {
    private static final int ATTEMPTS = 4;

    private final KubernetesClient client;
    private final String namespace;
    private final String name;

    SecretRecords(KubernetesClient client, String namespace, String name) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
    }

    private String object() {
        return "Secret " + namespace + "/" + name;
    }

    private Optional<Secret> get() throws ApiCallFailed {
        return Optional.ofNullable(ApiCallFailed.call("get " + object(),
                () -> client.secrets().inNamespace(namespace).withName(name).get()));
    }

    private static Map<String, String> data(Optional<Secret> secret) {
        return secret.map(Secret::getData).orElse(Map.of());
    }

    @Override
    public Optional<byte[]> read(String record, int maxBytes) throws IOException {
        String text = data(get()).getOrDefault(record, "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        byte[] content;
        try {
            content = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw broken(record, "it is no Base64", e);
        }
        if (content.length > maxBytes) {
            throw broken(record, "it is larger than " + maxBytes + " bytes", null);
        }
        return Optional.of(content);
    }

    @Override
    public void write(String record, byte[] content) throws IOException {
        String text = text(content);
        change(data -> data.put(record, text));
    }

    @Override
    public void replace(String record, Optional<byte[]> known, byte[] content) throws IOException {
        String before = known.map(SecretRecords::text).orElse("");
        String text = text(content);
        change(data -> {
            String now = data.getOrDefault(record, "");
            // It is so already where the answer to this very write was lost, and the client has tried again.
            if (!now.equals(before) && !now.equals(text)) {
                throw new IOException("key " + record + " of " + object() + " was written by another replica; try again");
            }
            data.put(record, text);
        });
    }

    private static String text(byte[] content) {
        return Base64.getEncoder().encodeToString(content);
    }

    @Override
    public void delete(String record) throws IOException {
        if (data(get()).containsKey(record)) {
            change(data -> data.remove(record));
        }
    }

    @FunctionalInterface
    private interface Edit {
        void apply(Map<String, String> data) throws IOException;
    }

    private void change(Edit edit) throws IOException {
        for (int attempt = 1; ; attempt++) {
            Secret present = get().orElseThrow(() -> new IOException(object()
                    + " is not there; the installation makes it: run `meshctl upgrade` or `meshctl install` again"));
            Map<String, String> data = new HashMap<>(data(Optional.of(present)));
            edit.apply(data);
            if (data.equals(data(Optional.of(present)))) {
                return;
            }
            // With the version that was read: another's write in between is a conflict.
            Secret next = new SecretBuilder(present).withData(data).build();
            try {
                ApiCallFailed.call("update " + object(), () -> client.secrets().inNamespace(namespace).resource(next).update());
                return;
            } catch (ApiCallFailed e) {
                if (e.fault() != ApiFault.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    @Override
    public Set<String> names() throws IOException {
        return Set.copyOf(data(get()).keySet());
    }

    @Override
    public BrokenRecord broken(String record, String why, @Nullable Exception cause) {
        return new BrokenRecord("key " + record + " of " + object() + " cannot be understood: " + why
                + "; remove the key, and make the link or the unused link tokens that it was of again", cause);
    }

    @Override
    public boolean shared() {
        return true;
    }
}
