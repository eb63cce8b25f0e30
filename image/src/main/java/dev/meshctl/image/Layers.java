package dev.meshctl.image;

import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The layers above the base, those first that change least: a node that has an earlier image fetches only the last. */
final class Layers {
    private static final FilePermissions EXECUTABLE = FilePermissions.fromOctalString("755");
    private static final FilePermissions READABLE = FilePermissions.fromOctalString("644");

    private final RootFiles files;
    private final Instant timestamp;

    Layers(RootFiles files, Instant timestamp) {
        this.files = files;
        this.timestamp = timestamp;
    }

    List<FileEntriesLayer> of(Jars jars) throws IOException {
        List<FileEntriesLayer> layers = new ArrayList<>();
        layers.add(layer("Java runtime", below(JavaArguments.JAVA_HOME)));
        layers.add(layer("libraries", Stream.concat(below(JavaArguments.NATIVE).stream(), inLib(jars.others()).stream()).toList()));
        List<Path> last = new ArrayList<>(inLib(jars.own()));
        last.add(files.at(JavaArguments.FILE));
        layers.add(layer("meshctl", last));
        Path classData = files.at(JavaArguments.CLASS_DATA);
        if (Files.exists(classData)) {
            layers.add(layer("class data", List.of(classData)));
        }
        return List.copyOf(layers);
    }

    private List<Path> below(String directory) throws IOException {
        try (Stream<Path> found = Files.walk(files.at(directory))) {
            return found.filter(Files::isRegularFile).toList();
        }
    }

    private List<Path> inLib(List<Path> jars) {
        return jars.stream().map(jar -> files.at(JavaArguments.LIB).resolve(Jars.name(jar))).toList();
    }

    private FileEntriesLayer layer(String name, List<Path> content) {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        Set<Path> directories = new TreeSet<>();
        for (Path file : content) {
            for (Path parent = file.getParent(); parent != null && !parent.equals(files.root()); parent = parent.getParent()) {
                directories.add(parent);
            }
        }
        // Named, so that they too have the one time; what the base says about those it has is the same.
        directories.forEach(each -> layer.addEntry(each, inImage(each), EXECUTABLE, timestamp));
        content.stream().sorted().forEach(each -> layer.addEntry(each, inImage(each),
                Files.isExecutable(each) ? EXECUTABLE : READABLE, timestamp));
        return layer.build();
    }

    private AbsoluteUnixPath inImage(Path file) {
        Path relative = files.root().relativize(file);
        return AbsoluteUnixPath.get(Stream.iterate(0, i -> i < relative.getNameCount(), i -> i + 1)
                .map(i -> relative.getName(i).toString())
                .collect(Collectors.joining("/", "/", "")));
    }
}
