package dev.meshctl.image;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.spi.ToolProvider;

/** jdeps and jlink of the JDK that runs the build. */
final class JdkTools {
    private JdkTools() {}

    /** The modules of the JDK that the jars refer to. */
    static Set<String> modulesOf(List<Path> jars) throws ImageException {
        List<String> arguments = new ArrayList<>(List.of(
                "--print-module-deps", "--ignore-missing-deps", "--multi-release", "25"));
        jars.forEach(jar -> arguments.add(jar.toString()));
        // The last line; before it there may be warnings about packages that several jars have.
        List<String> lines = run("jdeps", arguments).lines().toList();
        return new TreeSet<>(Arrays.asList(lines.getLast().split(",")));
    }

    /** Links a Java runtime of these modules, without debug symbols, headers and manuals. */
    static void link(Set<String> modules, Path output) throws ImageException {
        // Not compressed: a layer is, and what is read from the modules at run time needs no unpacking. Without classes of
        // method handles that are made beforehand: they differ from run to run, and the class data has them too.
        run("jlink", List.of("--add-modules", String.join(",", modules), "--strip-debug", "--no-header-files",
                "--no-man-pages", "--disable-plugin", "generate-jli-classes", "--output", output.toString()));
    }

    private static String run(String name, List<String> arguments) throws ImageException {
        ToolProvider tool = ToolProvider.findFirst(name).orElseThrow(() -> new ImageException(
                "there is no " + name + " in " + System.getProperty("java.home") + "; build with a JDK 25, not a JRE"));
        StringWriter output = new StringWriter();
        PrintWriter writer = new PrintWriter(output);
        int status = tool.run(writer, writer, arguments.toArray(String[]::new));
        writer.flush();
        if (status != 0) {
            throw new ImageException(name + " ended with status " + status + ": " + output.toString().strip());
        }
        return output.toString().strip();
    }
}
