package dev.meshctl.cli.install.kubernetes.checkpoint;

import dev.meshctl.cli.install.kubernetes.api.ClusterApi;
import dev.meshctl.cli.install.kubernetes.api.ObjectType;
import dev.meshctl.cli.install.kubernetes.render.RenderedObject.Key;
import dev.meshctl.cli.install.kubernetes.render.Rendering;
import dev.meshctl.kubernetes.failure.ApiException;
import dev.meshctl.kubernetes.failure.Cause;
import dev.meshctl.runtime.identity.Pem;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The CA as it was when the mesh worked, for checkpoints to go back to: immutable Secrets beside the one that is in use,
 * one for each state of it, as long as a checkpoint needs it. Whoever may read one may read the CA itself.
 */
public final class TrustBackups {
    static final String LABEL = "meshctl.dev/trust";
    static final String TYPE = "meshctl.dev/trust";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Key CA = ObjectType.SECRET.key(Rendering.NAMESPACE, Rendering.CA_SECRET);
    private static final Key BRIDGE = ObjectType.DEPLOYMENT.key(Rendering.NAMESPACE, "trust-bridge");
    /** On the CA from when it is put back until the trust bridge is started anew with it. */
    private static final String RESTORING = "meshctl.dev/restoring";
    private static final String ROOT = "root.pem";
    private static final String ISSUING = "issuing.pem";
    private static final int NAME_DIGITS = 16;

    private final ClusterApi api;

    public TrustBackups(ClusterApi api) {
        this.api = api;
    }

    /** How the CA of now stands to a kept one. */
    public sealed interface Standing {
        /** It has the same root, so whoever trusted it then trusts it now. */
        record Same(String root) implements Standing {}

        /** It was put back, but whoever did so was interrupted before the trust bridge was started anew with it. */
        record HalfRestored(String root) implements Standing {}

        /** It is gone, or cannot be used. */
        record Damaged(String why) implements Standing {}

        /** It has another root. The kept one in its place would cut off every workload that trusts this one. */
        record Other(String root, String then) implements Standing {}
    }

    /** Keeps the CA of now. Empty if there is none that could be used. */
    Optional<String> keep() {
        Optional<JsonNode> data = api.get(CA).map(live -> live.path("data")).filter(live -> fault(live).isEmpty());
        return data.map(live -> {
            String name = fingerprint((live.path(ROOT).asString("") + "." + live.path(ISSUING).asString("")).getBytes(
                    StandardCharsets.US_ASCII));
            create(name, live);
            return name;
        });
    }

    private void create(String name, JsonNode data) {
        ObjectNode secret = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", TYPE)
                .put("immutable", true);
        Key key = key(name);
        secret.putObject("metadata").put("name", key.name()).put("namespace", key.namespace()).putObject("labels")
                .put("app.kubernetes.io/managed-by", "meshctl").put("app.kubernetes.io/part-of", "meshctl").put(LABEL, name);
        secret.putObject("data").put(ROOT, data.path(ROOT).asString("")).put(ISSUING, data.path(ISSUING).asString(""));
        try {
            api.create(secret);
        } catch (ApiException e) {
            // Of an earlier checkpoint: named by its content.
            if (e.failure().cause() != Cause.EXISTS) {
                throw e;
            }
        }
    }

    private static Key key(String name) {
        return ObjectType.SECRET.key(Rendering.NAMESPACE, "meshctl-trust-" + name);
    }

    /** Empty if what was kept is there no more. */
    public Optional<Standing> standing(String name) {
        Optional<X509Certificate> then = api.get(key(name)).map(kept -> kept.path("data"))
                .filter(data -> fault(data).isEmpty()).map(data -> root(data).orElseThrow());
        if (then.isEmpty()) {
            return Optional.empty();
        }
        ObjectNode secret = api.get(CA).orElseGet(JSON::createObjectNode);
        JsonNode live = secret.path("data");
        Optional<String> fault = fault(live);
        if (fault.isPresent()) {
            return Optional.of(new Standing.Damaged(fault.get()));
        }
        X509Certificate now = root(live).orElseThrow();
        if (!now.equals(then.get())) {
            return Optional.of(new Standing.Other(words(now), words(then.get())));
        }
        boolean restoring = secret.path("metadata").path("annotations").path(RESTORING).asString("").equals(name);
        return Optional.of(restoring ? new Standing.HalfRestored(words(now)) : new Standing.Same(words(now)));
    }

    /**
     * Puts a kept CA in the place of one that cannot be used, and starts the trust bridge anew with it. Done again after an
     * interruption, it goes on.
     */
    public void restore(String name) {
        api.get(key(name)).ifPresent(kept -> {
            ObjectNode content = restoring(name);
            content.set("data", kept.path("data"));
            if (api.get(CA).isPresent() || !made(content)) {
                api.merge(CA, content);
            }
            if (api.get(BRIDGE).isPresent()) {
                ObjectNode restarted = JSON.createObjectNode();
                restarted.putObject("spec").putObject("template").putObject("metadata").putObject("annotations").put(LABEL, name);
                api.merge(BRIDGE, restarted);
            }
            api.merge(CA, restoring(null));
        });
    }

    /** @param name null: it is done */
    private static ObjectNode restoring(@Nullable String name) {
        ObjectNode secret = JSON.createObjectNode();
        secret.putObject("metadata").putObject("annotations").put(RESTORING, name);
        return secret;
    }

    /** False if it is there by now, as it is where the answer to its creation was lost. */
    private boolean made(ObjectNode content) {
        ObjectNode secret = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", "Opaque");
        secret.setAll(content.deepCopy());
        secret.withObject("metadata").put("name", CA.name()).put("namespace", CA.namespace());
        try {
            api.create(secret);
            return true;
        } catch (ApiException e) {
            if (e.failure().cause() != Cause.EXISTS) {
                throw e;
            }
            return false;
        }
    }

    /** Forgets all but those that are needed. */
    void prune(Set<String> needed) {
        api.list(ObjectType.SECRET, Rendering.NAMESPACE, LABEL).stream()
                .map(secret -> secret.path("metadata").path("labels").path(LABEL).asString(""))
                .filter(name -> !needed.contains(name)).collect(Collectors.toSet())
                .forEach(name -> api.delete(key(name), ""));
    }

    private static Optional<String> fault(JsonNode data) {
        for (String part : List.of(ROOT, ISSUING)) {
            if (data.path(part).asString("").isEmpty()) {
                return Optional.of(part + " is missing");
            }
            try {
                read(data, part);
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                return Optional.of(part + " cannot be used: " + e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static Optional<X509Certificate> root(JsonNode data) {
        try {
            return Optional.of(read(data, ROOT).chain().getFirst());
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Pem.KeyAndChain read(JsonNode data, String part) throws GeneralSecurityException {
        return Pem.read(Base64.getDecoder().decode(data.path(part).asString("")));
    }

    private static String words(X509Certificate root) {
        try {
            return fingerprint(root.getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String fingerprint(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)).substring(0, NAME_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
