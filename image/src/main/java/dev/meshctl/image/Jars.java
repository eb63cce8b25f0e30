package dev.meshctl.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * The jars of the components, by how often they change.
 *
 * @param own of this project: with every build
 * @param others of others: with an upgrade of a dependency
 * @param natives jars with nothing but libraries for one system each, of which the image takes out its own
 */
record Jars(List<Path> own, List<Path> others, List<Path> natives) {
    private static final String OWN_PACKAGE = "dev/meshctl/";
    static final String NATIVE_DIRECTORY = "META-INF/native/";

    Jars {
        own = List.copyOf(own);
        others = List.copyOf(others);
        natives = List.copyOf(natives);
    }

    /**
     * Sorts the jars of a directory.
     *
     * @throws ImageException if there are none, or none of this project
     */
    static Jars in(Path directory) throws IOException, ImageException {
        List<Path> own = new ArrayList<>();
        List<Path> others = new ArrayList<>();
        List<Path> natives = new ArrayList<>();
        for (Path jar : list(directory)) {
            kind(jar, own, others, natives).add(jar);
        }
        if (own.isEmpty()) {
            throw new ImageException("there are no jars of meshctl in " + directory + "; build them with: mvn -Pimage package");
        }
        return new Jars(own, others, natives);
    }

    /** All that belong on the class path, in its order. */
    List<Path> classPath() {
        return Stream.concat(own.stream(), others.stream()).sorted(Comparator.comparing(Jars::name)).toList();
    }

    static String name(Path jar) {
        return String.valueOf(jar.getFileName());
    }

    private static List<Path> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> name(file).endsWith(".jar")).sorted().toList();
        }
    }

    private static List<Path> kind(Path jar, List<Path> own, List<Path> others, List<Path> natives) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            List<String> names = file.stream().map(entry -> entry.getName()).toList();
            if (names.stream().anyMatch(name -> name.startsWith(OWN_PACKAGE))) {
                return own;
            }
            boolean libraries = names.stream().anyMatch(name -> name.startsWith(NATIVE_DIRECTORY) && !name.endsWith("/"));
            boolean classes = names.stream().anyMatch(name -> name.endsWith(".class") && !name.endsWith("module-info.class"));
            return libraries && !classes ? natives : others;
        }
    }
}
