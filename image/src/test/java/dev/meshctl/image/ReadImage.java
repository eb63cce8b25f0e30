package dev.meshctl.image;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An image as a container engine reads it: every name is looked up, every size and digest computed again.
 *
 * @param index of the OCI layout
 * @param manifest of the image
 * @param config of the image
 * @param docker the entry of {@code manifest.json}
 * @param layers their blobs, unpacked
 * @param digest of the manifest
 */
record ReadImage(JsonNode index, JsonNode manifest, JsonNode config, JsonNode docker, List<byte[]> layers, String digest) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** Reads a tar; an {@link AssertionError} says what of it is against the specifications. */
    static ReadImage of(Path tar) throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        for (Map.Entry<TarArchiveEntry, byte[]> entry : untar(Files.readAllBytes(tar)).entrySet()) {
            require(files.put(entry.getKey().getName(), entry.getValue()) == null, entry.getKey().getName() + " is there twice");
        }
        require(JSON.readTree(file(files, "oci-layout")).path("imageLayoutVersion").asString().equals("1.0.0"), "oci-layout has version 1.0.0");
        JsonNode index = JSON.readTree(file(files, "index.json"));
        require(index.path("schemaVersion").asInt() == 2, "the index has schema version 2");
        JsonNode descriptor = index.path("manifests").path(0);
        JsonNode manifest = JSON.readTree(blob(files, descriptor, "application/vnd.oci.image.manifest.v1+json"));
        require(manifest.path("schemaVersion").asInt() == 2, "the manifest has schema version 2");
        JsonNode config = JSON.readTree(blob(files, manifest.path("config"), "application/vnd.oci.image.config.v1+json"));
        List<byte[]> layers = layers(files, manifest, config);
        JsonNode docker = JSON.readTree(file(files, "manifest.json"));
        require(docker.size() == 1, "manifest.json names one image");
        requireSame(docker.path(0), manifest);
        return new ReadImage(index, manifest, config, docker.path(0), layers, descriptor.path("digest").asString());
    }

    private static List<byte[]> layers(Map<String, byte[]> files, JsonNode manifest, JsonNode config) throws IOException {
        JsonNode diffIds = config.path("rootfs").path("diff_ids");
        require(config.path("rootfs").path("type").asString().equals("layers"), "rootfs is of type layers");
        require(diffIds.size() == manifest.path("layers").size(), "there is a diff_id for each layer");
        List<byte[]> layers = new ArrayList<>();
        for (int i = 0; i < diffIds.size(); i++) {
            byte[] blob = blob(files, manifest.path("layers").path(i), "application/vnd.oci.image.layer.v1.tar+gzip");
            byte[] layer = new GZIPInputStream(new ByteArrayInputStream(blob)).readAllBytes();
            require(diffIds.path(i).asString().equals(sha256(layer)), "the diff_id of layer " + i + " is that of what is in it");
            layers.add(layer);
        }
        return layers;
    }

    private static void requireSame(JsonNode docker, JsonNode manifest) {
        require(docker.path("Config").asString().equals(path(manifest.path("config"))), "both formats name the same configuration");
        List<String> layers = new ArrayList<>();
        manifest.path("layers").forEach(layer -> layers.add(path(layer)));
        List<String> dockers = new ArrayList<>();
        docker.path("Layers").forEach(layer -> dockers.add(layer.asString()));
        require(dockers.equals(layers), "both formats name the same layers");
    }

    /** What a container sees: path -> entry of the last layer that has it. */
    Map<String, TarArchiveEntry> entries() throws IOException {
        Map<String, TarArchiveEntry> entries = new LinkedHashMap<>();
        for (byte[] layer : layers) {
            untar(layer).keySet().forEach(entry -> entries.put(normal(entry.getName()), entry));
        }
        return entries;
    }

    /** The text of a file of the image. */
    String text(String path) throws IOException {
        for (byte[] layer : layers.reversed()) {
            for (Map.Entry<TarArchiveEntry, byte[]> entry : untar(layer).entrySet()) {
                if (normal(entry.getKey().getName()).equals(path)) {
                    return new String(entry.getValue(), java.nio.charset.StandardCharsets.UTF_8);
                }
            }
        }
        throw new AssertionError("the image has no file " + path);
    }

    /** Every path once, and without a slash at the end. */
    private static String normal(String name) {
        return "/" + name.replaceFirst("^\\.?/+", "").replaceFirst("/$", "");
    }

    static Map<TarArchiveEntry, byte[]> untar(byte[] tar) throws IOException {
        Map<TarArchiveEntry, byte[]> entries = new LinkedHashMap<>();
        try (InputStream bytes = new BufferedInputStream(new ByteArrayInputStream(tar));
                TarArchiveInputStream in = new TarArchiveInputStream(bytes, "UTF-8")) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                entries.put(entry, in.readAllBytes());
            }
        }
        return entries;
    }

    private static byte[] blob(Map<String, byte[]> files, JsonNode descriptor, String mediaType) {
        byte[] blob = file(files, path(descriptor));
        require(descriptor.path("mediaType").asString().equals(mediaType), path(descriptor) + " is said to be " + mediaType);
        require(descriptor.path("size").asLong() == blob.length, path(descriptor) + " has the size that is said");
        require(descriptor.path("digest").asString().equals(sha256(blob)), path(descriptor) + " has the digest that is said");
        return blob;
    }

    private static String path(JsonNode descriptor) {
        return "blobs/" + descriptor.path("digest").asString().replace(':', '/');
    }

    private static byte[] file(Map<String, byte[]> files, String name) {
        byte[] content = files.get(name);
        require(content != null, "there is a file " + name);
        return content;
    }

    static String sha256(byte[] content) {
        try {
            return "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("not true: " + what);
        }
    }
}
