package dev.meshctl.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * What is added to the base, laid out below a directory as it will be in the image. All files have one time: class data
 * is only good for jars with the size and the time that they had when it was made.
 */
final class RootFiles {
    private final Path root;
    private final Instant timestamp;

    RootFiles(Path root, Instant timestamp) {
        this.root = root;
        this.timestamp = timestamp;
    }

    /** Where a path of the image is before it is one. */
    Path at(String path) {
        return root.resolve(path.substring(1));
    }

    Path root() {
        return root;
    }

    /** Begins anew. */
    void clear() throws IOException {
        delete(root);
        Files.createDirectories(at(JavaArguments.LIB));
        Files.createDirectories(at(JavaArguments.NATIVE));
    }

    void addJars(List<Path> jars) throws IOException {
        for (Path jar : jars) {
            Files.copy(jar, at(JavaArguments.LIB).resolve(Jars.name(jar)), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /**
     * Takes the libraries for this machine out of jars with libraries for one system each.
     *
     * @throws ImageException if there is none for it
     */
    void addNatives(List<Path> jars) throws IOException, ImageException {
        String suffix = "_" + nettyArchitecture() + ".so";
        List<String> taken = new ArrayList<>();
        for (Path jar : jars) {
            try (JarFile file = new JarFile(jar.toFile())) {
                for (JarEntry entry : file.stream().filter(each -> each.getName().endsWith(suffix)).toList()) {
                    taken.add(copy(file, entry));
                }
            }
        }
        if (taken.isEmpty()) {
            throw new ImageException("no jar has native libraries for " + System.getProperty("os.arch") + " on Linux; image"
                    + " builds run on x86_64 and aarch64");
        }
    }

    private String copy(JarFile file, JarEntry entry) throws IOException {
        String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
        try (InputStream content = file.getInputStream(entry)) {
            Files.copy(content, at(JavaArguments.NATIVE).resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
        return name;
    }

    static String nettyArchitecture() {
        return switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "aarch_64";
            case String other -> other;
        };
    }

    void write(String path, String content) throws IOException {
        Files.writeString(at(path), content);
    }

    /** Gives all files their time. */
    void stamp() throws IOException {
        FileTime time = FileTime.from(timestamp);
        try (var files = Files.walk(root)) {
            files.forEach(file -> stamp(file, time));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void stamp(Path file, FileTime time) {
        try {
            if (!Files.isSymbolicLink(file)) {
                Files.setLastModifiedTime(file, time);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes a directory and all in it, if it is there. */
    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
