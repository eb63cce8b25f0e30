package dev.meshctl.control.store;

import dev.meshctl.api.resource.InvalidResource;
import dev.meshctl.api.resource.Resource;
import dev.meshctl.api.resource.ResourceKey;
import dev.meshctl.api.resource.ResourceParser;
import dev.meshctl.api.resource.ResourceWriter;
import dev.meshctl.runtime.file.DurableFile;
import dev.meshctl.runtime.file.PrivateDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Where each resource lies on disk: {@code <kind>/<namespace>/<name>.json}; {@code _} for no namespace. */
final class ResourceFiles {
    private static final String SUFFIX = ".json";
    private static final String NO_NAMESPACE = "_";
    private static final int LONG_NAME = 200;

    private final Path root;

    ResourceFiles(Path root) throws IOException {
        this.root = PrivateDirectory.create(root);
    }

    Path root() {
        return root;
    }

    Path of(ResourceKey key) {
        return directory(key).resolve(fileName(key.name()));
    }

    private Path directory(ResourceKey key) {
        String namespace = key.namespace().isEmpty() ? NO_NAMESPACE : key.namespace();
        return root.resolve(key.kind().toLowerCase(Locale.ROOT)).resolve(namespace);
    }

    /** File systems end a name at 255 bytes; the temporary file beside it needs some of them. */
    private static String fileName(String name) {
        if (name.length() <= LONG_NAME) {
            return name + SUFFIX;
        }
        return name.substring(0, LONG_NAME) + "~" + Integer.toHexString(name.hashCode()) + SUFFIX;
    }

    List<Path> all() throws IOException {
        try (Stream<Path> files = Files.walk(root, 3)) {
            return files.filter(f -> f.getNameCount() == root.getNameCount() + 3)
                    .filter(f -> f.getFileName().toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Removes what a crash has left of unfinished writes. */
    void sweep() throws IOException {
        try (Stream<Path> directories = Files.walk(root, 2)) {
            for (Path directory : directories.filter(Files::isDirectory).toList()) {
                DurableFile.sweep(directory);
            }
        }
    }

    /** @throws InvalidResource if the file holds something else than the resource that belongs there */
    Resource read(Path file) throws IOException, InvalidResource {
        byte[] content = DurableFile.read(file, ResourceParser.MAX_CHARS).orElse(new byte[0]);
        return ResourceParser.parseOne(file.toString(), new String(content, StandardCharsets.UTF_8), "");
    }

    void write(Resource resource) throws IOException {
        Path file = of(resource.key());
        PrivateDirectory.create(directory(resource.key()));
        DurableFile.write(file, ResourceWriter.json(resource).getBytes(StandardCharsets.UTF_8), DurableFile.PRIVATE);
    }

    void delete(ResourceKey key) throws IOException {
        Path file = of(key);
        if (Files.exists(file)) {
            DurableFile.delete(file);
        }
    }

    /** Keeps a file that cannot be read beside the one that replaces it. */
    void setAside(Path file) throws IOException {
        if (Files.exists(file)) {
            DurableFile.setAside(file);
        }
    }
}
