package dev.meshctl.image;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes an OCI image layout in a tar loadable everywhere: adds the {@code manifest.json} that {@code docker load} before
 * version 25 needs, which names the same blobs. {@code ctr}, podman and newer Dockers read the layout.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-layout.md">OCI image layout</a>
 */
final class LoadableTar {
    static final String MANIFEST = "manifest.json";
    private static final String REFERENCE = "org.opencontainers.image.ref.name";
    /** Larger blobs are layers; nothing of them has to be understood here. */
    private static final int MAX_DOCUMENT_BYTES = 1 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private LoadableTar() {}

    /**
     * Writes the tar.
     *
     * @throws ImageException if the image is for another kind of machine than the runtime that was put into it
     */
    static void write(Path layout, Path output, String architecture) throws IOException, ImageException {
        Map<String, byte[]> documents = documents(layout);
        byte[] manifest = JSON.writeValueAsBytes(dockerManifest(documents, architecture));
        Path parent = output.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Path partial = output.resolveSibling(output.getFileName() + ".partial");
        try (TarArchiveInputStream in = open(layout);
                OutputStream file = new BufferedOutputStream(Files.newOutputStream(partial));
                TarArchiveOutputStream out = new TarArchiveOutputStream(file, StandardCharsets.UTF_8.name())) {
            out.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                out.putArchiveEntry(entry(entry.getName(), entry.getSize()));
                in.transferTo(out);
                out.closeArchiveEntry();
            }
            out.putArchiveEntry(entry(MANIFEST, manifest.length));
            out.write(manifest);
            out.closeArchiveEntry();
        }
        Files.move(partial, output, StandardCopyOption.REPLACE_EXISTING);
    }

    private static TarArchiveEntry entry(String name, long size) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setModTime(0);
        entry.setMode(0100644);
        return entry;
    }

    private static TarArchiveInputStream open(Path tar) throws IOException {
        InputStream file = new BufferedInputStream(Files.newInputStream(tar));
        return new TarArchiveInputStream(file, StandardCharsets.UTF_8.name());
    }

    private static Map<String, byte[]> documents(Path layout) throws IOException {
        Map<String, byte[]> documents = new HashMap<>();
        try (TarArchiveInputStream in = open(layout)) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                if (entry.getSize() <= MAX_DOCUMENT_BYTES) {
                    documents.put(entry.getName(), in.readAllBytes());
                }
            }
        }
        return documents;
    }

    private static ArrayNode dockerManifest(Map<String, byte[]> documents, String architecture) throws IOException, ImageException {
        JsonNode index = document(documents, "index.json").path("manifests").path(0);
        JsonNode image = document(documents, blob(index));
        String base = document(documents, blob(image.path("config"))).path("architecture").asString();
        if (!base.equals(architecture)) {
            throw new ImageException("the base image is for " + base + ", but this machine is " + architecture
                    + ", and so are the Java runtime and the native libraries; name a base for " + architecture);
        }
        ArrayNode manifest = JSON.createArrayNode();
        ObjectNode entry = manifest.addObject();
        entry.put("Config", blob(image.path("config")));
        entry.putArray("RepoTags").add(index.path("annotations").path(REFERENCE).asString());
        ArrayNode layers = entry.putArray("Layers");
        image.path("layers").forEach(layer -> layers.add(blob(layer)));
        return manifest;
    }

    private static String blob(JsonNode descriptor) {
        return "blobs/" + descriptor.path("digest").asString().replace(':', '/');
    }

    private static JsonNode document(Map<String, byte[]> documents, String name) throws IOException {
        byte[] content = documents.get(name);
        if (content == null) {
            throw new IOException("the image layout lacks " + name);
        }
        return JSON.readTree(content);
    }
}
