package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The volumes of a pod as directories, kept up to date as a kubelet does. */
final class PodFiles {
    private static final String ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

    private final Store store;
    private final Tokens tokens;
    private final ServerCertificate certificate;
    private final ObjectNode pod;
    private final Path directory;
    /** Tokens by audience; a pod gets one for each. */
    private final Map<String, String> issued = new LinkedHashMap<>();

    PodFiles(Store store, Tokens tokens, ServerCertificate certificate, ObjectNode pod, Path directory) {
        this.store = store;
        this.tokens = tokens;
        this.certificate = certificate;
        this.pod = pod;
        this.directory = directory;
    }

    /** @return what cannot be there yet, in words; empty if all is there */
    String update() throws IOException {
        for (JsonNode volume : pod.path("spec").path("volumes")) {
            Path at = directory.resolve(volume.path("name").asString(""));
            String missing = update(volume, at);
            if (!missing.isEmpty()) {
                return missing;
            }
        }
        if (hasAccount()) {
            Path at = Files.createDirectories(directory.resolve("kube-api-access"));
            write(at.resolve("token"), token(Tokens.API_AUDIENCE));
            write(at.resolve("ca.crt"), certificate.pem());
            write(at.resolve("namespace"), namespace());
        }
        return "";
    }

    private String update(JsonNode volume, Path at) throws IOException {
        if (volume.has("emptyDir")) {
            if (!Files.exists(at)) {
                Files.createDirectories(at);
                long group = pod.path("spec").path("securityContext").path("fsGroup").asLong(0);
                Shell.run("chown", "0:" + group, at.toString());
                Files.setPosixFilePermissions(at, PosixFilePermissions.fromString("rwxrwxrwx"));
            }
            return "";
        }
        Files.createDirectories(at);
        if (volume.has("configMap")) {
            return fill("configmaps", volume.path("configMap").path("name").asString(""), volume.path("configMap"), at);
        }
        if (volume.has("secret")) {
            return fill("secrets", volume.path("secret").path("secretName").asString(""), volume.path("secret"), at);
        }
        for (JsonNode source : volume.path("projected").path("sources")) {
            String missing = "";
            if (source.has("serviceAccountToken")) {
                write(at.resolve(source.path("serviceAccountToken").path("path").asString("")),
                        token(source.path("serviceAccountToken").path("audience").asString("")));
            } else {
                missing = fill("configmaps", source.path("configMap").path("name").asString(""), source.path("configMap"), at);
            }
            if (!missing.isEmpty()) {
                return missing;
            }
        }
        return "";
    }

    private String fill(String kind, String name, JsonNode source, Path at) throws IOException {
        ObjectNode object = store.find(kind, namespace(), name).orElse(null);
        if (object == null) {
            return source.path("optional").asBoolean(false) ? "" : kind + " " + name + " not found";
        }
        for (JsonNode item : source.path("items")) {
            if (!object.path("data").has(item.path("key").asString(""))) {
                return kind + " " + name + " has no " + item.path("key");
            }
        }
        for (var entry : object.path("data").properties()) {
            String text = entry.getValue().asString("");
            write(at.resolve(entry.getKey()), kind.equals("secrets")
                    ? new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8) : text);
        }
        return "";
    }

    // Whoever reads sees the old or the new content, never a part.
    private static void write(Path file, String content) throws IOException {
        if (Files.exists(file) && Files.readString(file).equals(content)) {
            return;
        }
        Path fresh = file.resolveSibling(".." + file.getFileName());
        Files.writeString(fresh, content);
        Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private String token(String audience) {
        return issued.computeIfAbsent(audience, a -> tokens.issue(new Tokens.Bearer(namespace(),
                pod.path("spec").path("serviceAccountName").asString("default"), pod.path("metadata").path("name").asString(""),
                pod.path("metadata").path("uid").asString(""), List.of(a), Instant.now().plusSeconds(3600))));
    }

    private String namespace() {
        return pod.path("metadata").path("namespace").asString("");
    }

    private boolean hasAccount() {
        return pod.path("spec").path("automountServiceAccountToken").asBoolean(true);
    }

    /** Directory -> where a container sees it. */
    Map<Path, String> mounts(JsonNode container) {
        Map<Path, String> mounts = new LinkedHashMap<>();
        if (hasAccount()) {
            mounts.put(directory.resolve("kube-api-access"), ACCOUNT);
        }
        container.path("volumeMounts").forEach(mount -> mounts.put(
                directory.resolve(mount.path("name").asString("")), mount.path("mountPath").asString("")));
        return mounts;
    }
}
