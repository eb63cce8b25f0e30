package dev.meshctl.image;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How the components are run: the arguments of java, which it reads from a file, so that the image needs no shell.
 * The same with every directory that the files are in, so that class data made in one is good in another.
 *
 * @param prefix of the paths: empty in the image
 * @param jars names of the jars, in the order of the class path
 */
record JavaArguments(String prefix, List<String> jars) {
    static final String HOME = "/usr/lib/meshctl";
    static final String JAVA_HOME = HOME + "/jre";
    static final String LIB = HOME + "/lib";
    static final String NATIVE = HOME + "/native";
    static final String CLASS_DATA = HOME + "/classes.aot";
    static final String FILE = HOME + "/java.args";

    /** A share of the container's memory limit; as much again may be taken outside of the heap, for buffers. */
    private static final int HEAP_PERCENT = 35;

    JavaArguments {
        jars = List.copyOf(jars);
    }

    /** With the class data, in the image. */
    List<String> inImage() {
        List<String> arguments = new ArrayList<>();
        arguments.add("-XX:AOTCache=" + prefix + CLASS_DATA);
        // At the address that it was made for, its pages stay those of the file, shared by all processes of a node.
        arguments.add("-XX:+UnlockDiagnosticVMOptions");
        arguments.add("-XX:ArchiveRelocationMode=0");
        arguments.addAll(common());
        return List.copyOf(arguments);
    }

    /** Without class data: the same in all that class data depends on. */
    List<String> common() {
        return List.of(
                "-XX:MaxRAMPercentage=" + HEAP_PERCENT,
                "-XX:MinRAMPercentage=" + HEAP_PERCENT, // what the JVM goes by below 250 MiB
                "-XX:InitialRAMPercentage=5",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:ReservedCodeCacheSize=48m",
                "-Xss256k",
                // What the compilers took goes back.
                "-XX:TrimNativeHeapInterval=5000",
                // The root file system is read-only.
                "-XX:-UsePerfData",
                "-XX:ErrorFile=/dev/stderr",
                // Standard output belongs to the component.
                "-Xlog:disable",
                "-Xlog:all=error:stderr",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                // Found there, a library is not unpacked to a directory for temporary files, of which a sidecar has none.
                "-Djava.library.path=" + prefix + NATIVE,
                "-Dio.netty.leakDetection.level=disabled",
                "-cp",
                jars.stream().map(jar -> prefix + LIB + "/" + jar).collect(Collectors.joining(":")));
    }

    /** As java reads them from a file: one a line, in quotes. */
    static String file(List<String> arguments) {
        return arguments.stream()
                .map(argument -> "\"" + argument.replace("\\", "\\\\").replace("\"", "\\\"") + "\"\n")
                .collect(Collectors.joining());
    }
}
