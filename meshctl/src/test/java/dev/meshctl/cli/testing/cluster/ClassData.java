package dev.meshctl.cli.testing.cluster;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** Class data of the daemons, which the image has too: with it their JVMs start in about half the time. */
final class ClassData {
    /** What must be the same when it is made and when it is used. */
    static final String OPTIONS = "-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:TieredStopAtLevel=1"
            + " --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow";
    private static final String TRAINING = "dev.meshctl.cli.platform.local.ArchiveTraining";

    private ClassData() {}

    /**
     * Beside the jars; made once for each build.
     *
     * @return may not exist, where it could not be made: then all starts slower
     */
    static Path of(Path jars) throws IOException {
        Path made = jars.resolveSibling("class-data-" + Integer.toHexString(fingerprint(jars)) + ".jsa");
        if (!Files.exists(made)) {
            Path fresh = made.resolveSibling(made.getFileName() + "." + ProcessHandle.current().pid());
            Shell.Outcome trained = Shell.attempt("", Stream.of(List.of(java()), List.of(OPTIONS.split(" ")),
                    List.of("-Xmx128m", "-Xlog:disable", "-XX:ArchiveClassesAtExit=" + fresh, "-cp", jars + "/*", TRAINING))
                    .flatMap(List::stream).toList());
            if (trained.status() != 0) {
                System.err.println("no class data: " + trained);
                return made;
            }
            Files.move(fresh, made, StandardCopyOption.ATOMIC_MOVE);
        }
        return made;
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private static int fingerprint(Path jars) throws IOException {
        int all = 0;
        try (Stream<Path> files = Files.list(jars)) {
            for (Path file : files.sorted().toList()) {
                all = 31 * all + (file.getFileName() + " " + Files.size(file) + " " + Files.getLastModifiedTime(file)).hashCode();
            }
        }
        return all;
    }
}
