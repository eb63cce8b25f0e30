package dev.meshctl.cli.platform.local;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Command lines of the daemons: this JVM's java and class path, small heaps, quick starts. */
final class JavaCommand {
    private static final int INITIAL_HEAP_MIB = 12;
    private static final int YOUNG_HEAP_MIB = 6;
    private static final int TRIM_MILLIS = 5000;

    /** The property that names the archive of the daemons' classes. */
    static final String ARCHIVE = "meshctl.daemon.archive";

    private JavaCommand() {}

    /** The daemon of a component. */
    static List<String> of(Component component, ClusterDirectory directory) {
        List<String> command = base(component.heapMiB());
        command.add("-XX:MaxDirectMemorySize=" + component.heapMiB() + "m");
        command.add("-XX:ErrorFile=" + directory.of(component).resolve("crash-%p.log"));
        command.add("-Xms" + INITIAL_HEAP_MIB + "m");
        // A young generation that stays in the CPU's cache; the rest of the heap is for what lives long.
        command.add("-Xmn" + YOUNG_HEAP_MIB + "m");
        command.add("-Dio.netty.leakDetection.level=disabled"); // for tests; here it fills in stack traces
        addProgram(command, component.mainClass());
        command.add("--config");
        command.add(directory.config(component).toString());
        return command;
    }

    /** The supervisor of a cluster. */
    static List<String> supervisor(ClusterDirectory directory) {
        List<String> command = base(24);
        command.add("-XX:MaxDirectMemorySize=16m");
        command.add("-XX:TieredStopAtLevel=1");
        command.add("-XX:ErrorFile=" + directory.supervisor().resolve("crash-%p.log"));
        addProgram(command, Supervisor.class.getName());
        command.add("--directory");
        command.add(directory.root().toString());
        return command;
    }

    /** Makes an archive that daemons of these commands can use. */
    static List<String> training(Path archive) {
        List<String> command = new ArrayList<>(List.of(java(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + archive.toAbsolutePath().getParent(), "-Xlog:disable",
                "-XX:ArchiveClassesAtExit=" + archive));
        addProgram(command, ArchiveTraining.class.getName());
        return command;
    }

    private static List<String> base(int heapMiB) {
        List<String> command = new ArrayList<>();
        command.add(java());
        command.add("-Xmx" + heapMiB + "m");
        command.add("-Xss256k");
        command.add("-XX:+UseSerialGC");
        command.add("-XX:+UseCompactObjectHeaders");
        command.add("-XX:ReservedCodeCacheSize=32m");
        command.add("-XX:+ExitOnOutOfMemoryError");
        command.add("-XX:TrimNativeHeapInterval=" + TRIM_MILLIS); // what the compilers took goes back
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("--sun-misc-unsafe-memory-access=allow");
        String archive = System.getProperty(ARCHIVE, "");
        if (!archive.isEmpty() && Files.isReadable(Path.of(archive))) {
            command.add("-XX:SharedArchiveFile=" + archive);
            command.add("-Xshare:auto");
            // At the address that it was made for, its pages stay those of the file, shared by all daemons.
            command.add("-XX:+UnlockDiagnosticVMOptions");
            command.add("-XX:ArchiveRelocationMode=0");
            command.add("-Xlog:disable");
            command.add("-Xlog:all=error:stderr");
            command.add("-D" + ARCHIVE + "=" + archive);
        }
        return command;
    }

    private static void addProgram(List<String> command, String mainClass) {
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(mainClass);
    }

    private static String java() {
        return ProcessHandle.current().info().command()
                .orElseGet(() -> Path.of(System.getProperty("java.home"), "bin", "java").toString());
    }
}
