package dev.meshctl.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The class data of the image: classes as they are after loading and linking, and what they were seen to do, from a
 * training run of all components. A JVM that finds that it does not fit to its own files ignores it.
 *
 * @see <a href="https://openjdk.org/jeps/514">JEP 514</a>
 */
final class ClassData {
    /** Runs all components for a moment in one JVM. */
    static final String TRAINING = "dev.meshctl.cli.platform.local.ArchiveTraining";
    private static final Duration TRAINING_LIMIT = Duration.ofMinutes(5);
    private static final Duration CHECK_LIMIT = Duration.ofMinutes(1);

    private final RootFiles files;
    private final JavaArguments here;
    private final Path kept;

    /**
     * @param here the arguments with the paths that the files have now
     * @param kept directory of the class data that earlier builds made
     */
    ClassData(RootFiles files, JavaArguments here, Path kept) {
        this.files = files;
        this.here = here;
        this.kept = kept;
    }

    /**
     * Puts class data from the source among the files of the image.
     *
     * @return what was done, empty if there is none
     * @throws ImageException if the training fails, or given class data does not fit
     */
    Optional<String> add(ClassDataSource source) throws IOException, ImageException, InterruptedException {
        return switch (source) {
            case ClassDataSource.None() -> Optional.empty();
            case ClassDataSource.Given(Path file) -> Optional.of(given(file));
            case ClassDataSource.Training() -> Optional.of(trained());
        };
    }

    private String given(Path file) throws IOException, ImageException, InterruptedException {
        if (!Files.isReadable(file)) {
            throw new ImageException("image.aot is " + file + ", which cannot be read");
        }
        put(file);
        try {
            check();
        } catch (ImageException e) {
            throw new ImageException(file + " was made from other jars or by another JDK; leave image.aot away to make it anew", e);
        }
        return "class data from " + file;
    }

    private String trained() throws IOException, ImageException, InterruptedException {
        Path file = kept.resolve(key() + ".aot");
        boolean old = Files.exists(file);
        if (!old) {
            Files.createDirectories(kept);
            Path made = kept.resolve("training.aot");
            train(made);
            Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
        }
        put(file);
        check();
        return (old ? "class data of the last build with the same jars: " : "new class data: ") + file;
    }

    private void put(Path file) throws IOException {
        Files.copy(file, files.at(JavaArguments.CLASS_DATA), StandardCopyOption.REPLACE_EXISTING);
    }

    private void train(Path output) throws IOException, ImageException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java(), "-XX:AOTCacheOutput=" + output, "-Xmx256m"));
        command.addAll(here.common());
        command.add(TRAINING);
        run(command, "the training run", TRAINING_LIMIT);
    }

    /** Starts the JVM so that it ends if the class data does not fit. */
    private void check() throws IOException, ImageException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(java(), "-XX:AOTMode=on"));
        command.addAll(here.inImage());
        command.add("-version");
        run(command, "a JVM with the class data", CHECK_LIMIT);
    }

    private String java() {
        return files.at(JavaArguments.JAVA_HOME) + "/bin/java";
    }

    private void run(List<String> command, String what, Duration limit) throws IOException, ImageException, InterruptedException {
        Files.createDirectories(kept);
        Path log = kept.resolve("java.log");
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        // Options of the machine that builds do not belong into the image.
        builder.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"));
        Process process = builder.start();
        if (!process.waitFor(limit)) {
            process.destroyForcibly();
            throw new ImageException(what + " did not end within " + limit.toSeconds() + " s; its output is in " + log);
        }
        if (process.exitValue() != 0) {
            throw new ImageException(what + " ended with status " + process.exitValue() + "; its output is in " + log);
        }
    }

    /** Of all that the class data depends on. */
    private String key() throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
        digest.update(String.join("\n", new JavaArguments("", here.jars()).inImage()).getBytes(StandardCharsets.UTF_8));
        List<Path> inputs = new ArrayList<>(List.of(files.at(JavaArguments.JAVA_HOME).resolve("lib/modules"),
                files.at(JavaArguments.JAVA_HOME).resolve("lib/server/libjvm.so")));
        here.jars().forEach(jar -> inputs.add(files.at(JavaArguments.LIB).resolve(jar)));
        try (OutputStream sink = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
            for (Path input : inputs) {
                sink.write((byte) '\n');
                try (InputStream content = Files.newInputStream(input)) {
                    content.transferTo(sink);
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 8);
    }
}
